/** The button that takes a snapshot: what it will cost, that it runs, and what it did cost. */

import { post } from "../app/api";
import type { Findings } from "../app/contract";
import { el, root } from "../app/dom";
import { failed } from "../app/states";
import { count, duration } from "../app/units";
import { t } from "../app/words";

let running = false;

/** Let the server's form work without leaving the page; `taken` is called after a snapshot. */
export function wireSnapshot(taken: () => Promise<void>): void {
  const form = document.querySelector<HTMLFormElement>('form[data-action="take"]');
  if (!form || form.dataset["wired"]) return;
  form.dataset["wired"] = "yes";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!running) void take(form, taken);
  });
}

async function take(form: HTMLFormElement, taken: () => Promise<void>): Promise<void> {
  const button = form.querySelector("button");
  running = true;
  button?.setAttribute("disabled", "");
  const elapsed = el("span", { "aria-hidden": "true" });
  const started = performance.now();
  const tick = (): void => {
    elapsed.textContent = ` ${duration(Math.max(0.1, (performance.now() - started) / 1000))}`;
  };
  const timer = setInterval(tick, 100);
  tell(el("span", { class: "spinner", "aria-hidden": "true" }), t("app.snapshot.running"), elapsed);
  try {
    const findings = await post<Findings>("snapshot");
    await taken();
    const { pause_seconds, wall_seconds, objects } = findings.snapshot;
    tell(
      el("span", { class: "done", "aria-hidden": "true" }, "✓"),
      t("app.snapshot.done", {
        objects: count(objects),
        pause: duration(pause_seconds),
        wall: duration(wall_seconds),
      }),
    );
  } catch (error) {
    tell(failed(error));
  } finally {
    clearInterval(timer);
    running = false;
    document.querySelector('form[data-action="take"] button')?.removeAttribute("disabled");
  }
}

/** What is said stays when the section around it is written anew. */
function tell(...said: (Node | string)[]): void {
  root("lg-snapshot-status")?.replaceChildren(...said);
}
