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
  const request: RequestInit = { headers: headers() };
  if (signal) request.signal = signal;
  return read<Answer>(await fetch(address(path, parameters), request));
}

/** `x-leakguard` is what a page of another site cannot send; with it the server speaks the page's language. */
function headers(): Record<string, string> {
  return { accept: "application/json", "accept-language": document.documentElement.lang, "x-leakguard": "page" };
}

/** Changes something. */
export async function post<Answer>(path: string, body?: BodyInit, parameters: Parameters = {}): Promise<Answer> {
  const request: RequestInit = { method: "POST", headers: headers() };
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
