/** The button that takes a snapshot: what it will cost, that it runs, and what it did cost. */

import { post } from "../app/api";
import type { Findings } from "../app/contract";
import { el, root } from "../app/dom";
import { failed } from "../app/states";
import { count, duration } from "../app/units";
import { t } from "../app/words";
import { following } from "./progress";

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
  const over = new AbortController();
  tell(...following(over.signal));
  try {
    const findings = await post<Findings>("snapshot");
    await taken();
    tell(...told(findings.snapshot));
  } catch (error) {
    tell(failed(error));
  } finally {
    over.abort();
    running = false;
    document.querySelector('form[data-action="take"] button')?.removeAttribute("disabled");
  }
}

/** What a snapshot did cost; of one that was still good, that it is no new one. */
function told({ age_seconds, objects, pause_seconds, wall_seconds }: Findings["snapshot"]): (Node | string)[] {
  if (age_seconds) return [t("snapshot.kept", { age: duration(age_seconds) })];
  return [
    el("span", { class: "done", "aria-hidden": "true" }, "✓"),
    t("app.snapshot.done", {
      objects: count(objects),
      pause: duration(pause_seconds),
      wall: duration(wall_seconds),
    }),
  ];
}

/** What is said stays when the section around it is written anew. */
function tell(...said: (Node | string)[]): void {
  root("lg-snapshot-status")?.replaceChildren(...said);
}
