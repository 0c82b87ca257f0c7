/** The chart of the resident memory in place of the picture that the server drew. */

import { get } from "../app/api";
import type { History } from "../app/contract";
import { el, root } from "../app/dom";
import type { MemoryChart } from "../charts/memory";

let place: HTMLElement | null = null;
let chart: MemoryChart | null = null;

/** Draw the newest history. With too little of it the server's own picture stays. */
export async function drawMemory(): Promise<void> {
  const frame = root("lg-memory-chart");
  if (!frame) return;
  const history = await get<History>("history");
  if (history.points.length < 2) return;
  if (!place) {
    const { MemoryChart: Picture } = await import("../charts/memory");
    place = el("div", { class: "memory-chart" });
    frame.replaceChildren(place);
    chart = new Picture(place);
  } else if (!frame.contains(place)) {
    frame.replaceChildren(place);
  }
  chart?.show(history);
}
