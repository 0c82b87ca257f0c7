/** What stands where something will be, or should have been. */

import { ServerError } from "./api";
import { el } from "./dom";
import { t } from "./words";

export function waiting(): HTMLElement {
  return el("p", { class: "waiting", role: "status" }, t("app.waiting"));
}

export function failed(error: unknown): HTMLElement {
  const text = error instanceof ServerError ? error.message : t("app.unreachable");
  return el("p", { class: "failed", role: "alert" }, text);
}

/** Fill `place` with what `make` makes; say so while it lasts, and if it does not work. */
export async function fill(place: HTMLElement, make: () => Promise<Node[]>): Promise<void> {
  const turn = String(Number(place.dataset["turn"] ?? 0) + 1);
  place.dataset["turn"] = turn;
  if (place.childElementCount === 0) place.replaceChildren(waiting());
  place.setAttribute("aria-busy", "true");
  let nodes: Node[];
  try {
    nodes = await make();
  } catch (error) {
    nodes = [failed(error)];
  }
  // a later question overtook this one
  if (place.dataset["turn"] !== turn) return;
  place.removeAttribute("aria-busy");
  place.replaceChildren(...nodes);
}
