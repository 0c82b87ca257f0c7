/** What is shown while a snapshot is taken: the share that is done, as the server tells it, and the time. */

import { get } from "../app/api";
import type { Progress } from "../app/contract";
import { el } from "../app/dom";
import { duration, percent } from "../app/units";
import { t } from "../app/words";

const EVERY = 200;

/** Elements that follow the snapshot until `over`. */
export function following(over: AbortSignal): HTMLElement[] {
  const bar = el("progress", { max: 1, "aria-label": t("app.snapshot.running") });
  const done = el("span", { class: "share", "aria-hidden": "true" });
  const elapsed = el("span", { class: "elapsed", "aria-hidden": "true" });
  const started = performance.now();
  const timer = setInterval(() => {
    elapsed.textContent = duration(Math.max(0.1, (performance.now() - started) / 1000));
  }, 100);
  over.addEventListener("abort", () => clearInterval(timer));
  void ask(over, ({ share }) => {
    if (!share) return;
    // it never goes back: more of the heap may be found than was expected
    bar.value = Math.max(bar.value, share);
    done.textContent = t("app.snapshot.share", { percent: percent(bar.value) });
  });
  return [bar, el("span", {}, t("app.snapshot.running")), done, elapsed];
}

async function ask(over: AbortSignal, tell: (progress: Progress) => void): Promise<void> {
  while (!over.aborted) {
    try {
      tell(await get<Progress>("progress", {}, over));
    } catch {
      return; // it is over, or the server can tell nothing: the time still runs
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
