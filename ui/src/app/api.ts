/** Asks the server. Every address is relative to where the page is mounted. */

import { visible } from "./visible";

/** An answer that is no success; `message` is the server's own. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

type Parameters = Record<string, string | number | null | undefined>;

let base = "";

/** To be called once: the relative address of the endpoint, with a slash at its end. */
export function setBase(relative: string): void {
  base = relative === "" || relative.endsWith("/") ? relative : `${relative}/`;
}

/** The address of something below the endpoint. */
export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return base + path + (text ? `?${text}` : "");
}

export async function get<Answer>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer> {
  const request: RequestInit = { headers: { accept: "application/json" } };
  if (signal) request.signal = signal;
  return read<Answer>(await fetch(address(path, parameters), request));
}

/** Changes something. The header is what a page of another site cannot send. */
export async function post<Answer>(path: string, body?: BodyInit, parameters: Parameters = {}): Promise<Answer> {
  const request: RequestInit = {
    method: "POST",
    headers: { accept: "application/json", "x-leakguard": "page" },
  };
  if (body !== undefined) request.body = body;
  return read<Answer>(await fetch(address(path, parameters), request));
}

async function read<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text, (_, value: unknown) => (typeof value === "string" ? visible(value) : value));
  } catch {
    throw new ServerError(response.status, text.slice(0, 300) || response.statusText);
  }
  if (!response.ok) throw new ServerError(response.status, message(answer) ?? response.statusText);
  return answer as Answer;
}

function message(answer: unknown): string | undefined {
  const error = (answer as { error?: unknown } | null)?.error;
  if (typeof error === "string") return error;
  return (error as { message?: string } | undefined)?.message;
}
