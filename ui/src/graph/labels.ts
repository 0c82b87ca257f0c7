/** The words of a picture: names, sizes, and the labels of the chain. */

import type { GraphNode } from "../app/contract";
import { relation } from "../app/phrases";
import { count, size } from "../app/units";
import { title } from "./branches";
import type { Drawn, Placed } from "./layout";
import type { Camera, Scene } from "./painter";

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans CJK SC', sans-serif";

type Box = [left: number, top: number, right: number, bottom: number];

/** Names and the labels of the chain, the weightiest first; words that would cover others are left out. */
export function paintWords(context: CanvasRenderingContext2D, scene: Scene, near: Set<number> | null): void {
  const taken: Box[] = [];
  const { camera, palette } = scene;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const nodes = [...scene.layout.nodes].sort((one, other) => weight(scene, other, near) - weight(scene, one, near));
  for (const placed of nodes) {
    const important = weight(scene, placed, near) >= 2;
    if (!important && placed.radius * camera.k < 9) continue;
    const label = fitting(context, scene, placed, important, taken);
    if (!label) continue;
    taken.push(label.box);
    context.globalAlpha = near === null || near.has(placed.node.id) ? 1 : 0.3;
    const [ink, faint, halo] = label.inside ? [palette.onNode, palette.onNode, null] : [palette.ink, palette.faint, palette.paper];
    const x = (label.box[0] + label.box[2]) / 2;
    context.font = nameFont(important);
    write(context, label.name, x, label.box[1] + 11, ink, halo);
    if (important) {
      context.font = `400 11px ${FONT}`;
      write(context, size(placed.node.retained), x, label.box[1] + 27, faint, halo);
    }
  }
  context.font = `400 11px ${FONT}`;
  for (const drawn of scene.layout.edges) {
    const asked = near !== null && (drawn.edge.from === scene.hovered || drawn.edge.to === scene.hovered);
    if (!drawn.edge.label || !(drawn.edge.chain || asked)) continue;
    const [x, y] = middle(drawn, camera);
    const text = short(relation(drawn.edge.label), 30);
    const width = context.measureText(text).width;
    const box: Box = [x - width / 2, y - 8, x + width / 2, y + 8];
    if (covers(taken, box)) continue;
    taken.push(box);
    context.globalAlpha = 1;
    write(context, text, x, y, drawn.edge.chain ? palette.chainInk : palette.faint, palette.paper);
  }
  context.globalAlpha = 1;
}

interface Label {
  name: string;
  box: Box;
  inside: boolean;
}

/** The words of a node where they cover no others: within it, below it, above it; the weighty ones shorter before
 *  they are left out. */
function fitting(context: CanvasRenderingContext2D, scene: Scene, placed: Placed, important: boolean, taken: Box[]): Label | null {
  const { camera } = scene;
  const [x, y, radius] = [placed.x * camera.k + camera.x, placed.y * camera.k + camera.y, placed.radius * camera.k];
  const height = important ? 36 : 18;
  const gap = placed.node.id === scene.chosen ? 6 : 1;
  context.font = nameFont(important);
  for (const most of important ? [30, 18] : [24]) {
    const name = shortTitle(placed.node, most);
    const width = Math.max(context.measureText(name).width, important ? 60 : 0);
    const inside = important && placed.node.role !== "rest" && width + 14 < 2 * radius;
    for (const top of inside ? [y - 20] : [y + radius + gap, y - radius - gap - 3 - height]) {
      const box: Box = [x - width / 2 - 3, top, x + width / 2 + 3, top + height];
      if (!covers(taken, box)) return { name, box, inside };
    }
  }
  return null;
}

function nameFont(important: boolean): string {
  return `${important ? 600 : 400} 12px ${FONT}`;
}

/** The middle of the part of an edge that can be seen, on the screen, and a little above it. */
function middle({ source, target }: Drawn, camera: Camera): [number, number] {
  const distance = Math.max(1, Math.hypot(target.x - source.x, target.y - source.y));
  const at = 0.5 + (source.radius - target.radius) / (2 * distance);
  const x = source.x + (target.x - source.x) * at;
  const y = source.y + (target.y - source.y) * at;
  return [x * camera.k + camera.x, y * camera.k + camera.y - 9];
}

function weight(scene: Scene, placed: Placed, near: Set<number> | null): number {
  const { node } = placed;
  const role = { suspect: 4, chain: 3, rest: 2, ordinary: 0 }[node.role];
  const asked = node.id === scene.hovered ? 9 : node.id === scene.chosen ? 5 : near?.has(node.id) ? 2.5 : 0;
  return Math.max(role, asked) + placed.radius / 1000;
}

/** What a node is called in `most` signs; how often it repeats is never left out. */
function shortTitle(node: GraphNode, most: number): string {
  const whole = title(node);
  if (node.role === "rest" || node.count < 2) return short(whole, most);
  const times = ` × ${count(node.count)}`;
  return short(whole.slice(0, whole.length - times.length), most - times.length) + times;
}

/** The end of a dotted name tells more than its start: as many whole parts of it as there is room for. */
export function short(text: string, most: number): string {
  const signs = [...text]; // a sign of two parts must not be cut in two
  if (signs.length <= most) return text;
  const end = signs.slice(signs.length - most + 1).join("");
  const dot = end.indexOf(".");
  return `…${dot >= 0 && dot < most - 8 ? end.slice(dot + 1) : end}`;
}

function covers(taken: Box[], box: Box): boolean {
  return taken.some((one) => one[0] < box[2] && box[0] < one[2] && one[1] < box[3] && box[1] < one[3]);
}

/** Words, with a halo of the paper's colour that keeps lines from running through them. */
function write(context: CanvasRenderingContext2D, text: string, x: number, y: number, ink: string, halo: string | null): void {
  if (halo !== null) {
    context.lineWidth = 3.5;
    context.lineJoin = "round";
    context.strokeStyle = halo;
    context.strokeText(text, x, y);
  }
  context.fillStyle = ink;
  context.fillText(text, x, y);
}
