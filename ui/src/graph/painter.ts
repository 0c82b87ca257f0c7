/** Draws a laid-out graph on a canvas. */

import type { Role } from "../app/contract";
import { size } from "../app/units";
import { title } from "./branches";
import type { Drawn, Layout, Placed } from "./layout";

/** Where the picture is: screen = world × k + (x, y). */
export interface Camera {
  x: number;
  y: number;
  k: number;
}

export interface Palette {
  paper: string;
  ink: string;
  faint: string;
  line: string;
  chain: string;
  chainInk: string;
  suspect: string;
  ordinary: string;
  onNode: string;
}

export interface Scene {
  layout: Layout;
  camera: Camera;
  palette: Palette;
  hovered: number | null;
  chosen: number | null;
  expanded: ReadonlySet<number>;
}

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans CJK SC', sans-serif";

/** Paint the whole scene; the canvas is `width` × `height` CSS pixels, `ratio` device pixels each. */
export function paint(context: CanvasRenderingContext2D, scene: Scene, width: number, height: number, ratio: number): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = scene.palette.paper;
  context.fillRect(0, 0, width, height);
  const { x, y, k } = scene.camera;
  context.setTransform(ratio * k, 0, 0, ratio * k, ratio * x, ratio * y);
  const near = neighbours(scene);
  for (const drawn of scene.layout.edges) if (!drawn.edge.chain) paintEdge(context, scene, drawn, near);
  for (const drawn of scene.layout.edges) if (drawn.edge.chain) paintEdge(context, scene, drawn, near);
  for (const placed of scene.layout.nodes) paintNode(context, scene, placed, near);
  context.globalAlpha = 1;
  // Words keep their size on the screen whatever the zoom is.
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paintWords(context, scene, near);
}

function neighbours(scene: Scene): Set<number> | null {
  if (scene.hovered === null) return null;
  const near = new Set([scene.hovered]);
  for (const { edge } of scene.layout.edges) {
    if (edge.from === scene.hovered) near.add(edge.to);
    if (edge.to === scene.hovered) near.add(edge.from);
  }
  return near;
}

export function colour(role: Role, palette: Palette): string {
  return { suspect: palette.suspect, chain: palette.chain, ordinary: palette.ordinary, rest: palette.faint }[role];
}

function paintEdge(context: CanvasRenderingContext2D, scene: Scene, drawn: Drawn, near: Set<number> | null): void {
  const { source, target, edge } = drawn;
  const distance = Math.hypot(target.x - source.x, target.y - source.y);
  if (distance < 1) return;
  const lit = near === null || edge.from === scene.hovered || edge.to === scene.hovered;
  context.globalAlpha = lit ? 1 : edge.chain ? 0.5 : 0.25;
  const [ux, uy] = [(target.x - source.x) / distance, (target.y - source.y) / distance];
  const arrow = edge.chain ? 9 : 5;
  const endX = target.x - ux * (target.radius + 2);
  const endY = target.y - uy * (target.radius + 2);
  context.strokeStyle = context.fillStyle = edge.chain ? scene.palette.chain : scene.palette.line;
  context.lineWidth = edge.chain ? 3 : 1;
  context.beginPath();
  context.moveTo(source.x + ux * source.radius, source.y + uy * source.radius);
  context.lineTo(endX - ux * arrow, endY - uy * arrow);
  context.stroke();
  context.beginPath();
  context.moveTo(endX, endY);
  context.lineTo(endX - ux * arrow - uy * arrow * 0.5, endY - uy * arrow + ux * arrow * 0.5);
  context.lineTo(endX - ux * arrow + uy * arrow * 0.5, endY - uy * arrow - ux * arrow * 0.5);
  context.fill();
}

function paintNode(context: CanvasRenderingContext2D, scene: Scene, placed: Placed, near: Set<number> | null): void {
  const { node, x, y, radius } = placed;
  const { palette } = scene;
  context.globalAlpha = near === null || near.has(node.id) ? 1 : 0.35;
  if (node.count > 1 && node.role !== "rest") {
    // a repeat is a pile: the edge of the next one shows
    disc(context, x + 3, y - 3, radius);
    context.fillStyle = palette.paper;
    context.fill();
    context.strokeStyle = colour(node.role, palette);
    context.lineWidth = 1.5;
    context.stroke();
  }
  disc(context, x, y, radius);
  if (node.role === "rest") {
    context.fillStyle = palette.paper;
    context.fill();
    context.setLineDash([4, 4]);
    context.strokeStyle = palette.faint;
    context.lineWidth = 1.5;
    context.stroke();
    context.setLineDash([]);
  } else {
    context.fillStyle = colour(node.role, palette);
    context.fill();
    context.strokeStyle = palette.paper;
    context.lineWidth = 1.5;
    context.stroke();
  }
  if (node.id === scene.chosen || node.id === scene.hovered) {
    disc(context, x, y, radius + 4);
    context.strokeStyle = palette.ink;
    context.lineWidth = 2;
    context.stroke();
  }
  if (node.expandable || scene.expanded.has(node.id)) paintSign(context, scene, placed);
}

/** A plus or a minus at the lower right of a node that can be opened or closed. */
function paintSign(context: CanvasRenderingContext2D, scene: Scene, placed: Placed): void {
  const r = Math.max(4.5, Math.min(8, placed.radius * 0.45));
  const x = placed.x + placed.radius * 0.75;
  const y = placed.y + placed.radius * 0.75;
  disc(context, x, y, r);
  context.fillStyle = scene.palette.paper;
  context.fill();
  context.strokeStyle = scene.palette.ink;
  context.lineWidth = 1.2;
  context.stroke();
  context.beginPath();
  context.moveTo(x - r / 2, y);
  context.lineTo(x + r / 2, y);
  if (!scene.expanded.has(placed.node.id)) {
    context.moveTo(x, y - r / 2);
    context.lineTo(x, y + r / 2);
  }
  context.stroke();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

type Box = [left: number, top: number, right: number, bottom: number];

/** Names and the labels of the chain, the weightiest first; words that would cover others are left out. */
function paintWords(context: CanvasRenderingContext2D, scene: Scene, near: Set<number> | null): void {
  const taken: Box[] = [];
  const { camera, palette } = scene;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const nodes = [...scene.layout.nodes].sort((one, other) => weight(scene, other, near) - weight(scene, one, near));
  for (const placed of nodes) {
    const important = weight(scene, placed, near) >= 2;
    if (!important && placed.radius * camera.k < 9) continue;
    const x = placed.x * camera.k + camera.x;
    const below = (placed.y + placed.radius) * camera.k + camera.y;
    const name = short(title(placed.node), important ? 30 : 24);
    context.font = `${important ? 600 : 400} 12px ${FONT}`;
    const width = Math.max(context.measureText(name).width, important ? 60 : 0);
    const inside = important && placed.node.role !== "rest" && width + 14 < 2 * placed.radius * camera.k;
    const top = inside ? placed.y * camera.k + camera.y - 20 : below + (placed.node.id === scene.chosen ? 6 : 1);
    const box: Box = [x - width / 2 - 3, top, x + width / 2 + 3, top + (important ? 36 : 18)];
    if (covers(taken, box)) continue;
    taken.push(box);
    context.globalAlpha = near === null || near.has(placed.node.id) ? 1 : 0.3;
    const [ink, faint, halo] = inside ? [palette.onNode, palette.onNode, null] : [palette.ink, palette.faint, palette.paper];
    write(context, name, x, top + 11, ink, halo);
    if (important) {
      context.font = `400 11px ${FONT}`;
      write(context, size(placed.node.retained), x, top + 27, faint, halo);
    }
  }
  context.font = `400 11px ${FONT}`;
  for (const drawn of scene.layout.edges) {
    const asked = near !== null && (drawn.edge.from === scene.hovered || drawn.edge.to === scene.hovered);
    if (!drawn.edge.label || !(drawn.edge.chain || asked)) continue;
    const [x, y] = middle(drawn, camera);
    const text = short(drawn.edge.label, 30);
    const width = context.measureText(text).width;
    const box: Box = [x - width / 2, y - 8, x + width / 2, y + 8];
    if (covers(taken, box)) continue;
    taken.push(box);
    context.globalAlpha = 1;
    write(context, text, x, y, drawn.edge.chain ? palette.chainInk : palette.faint, palette.paper);
  }
  context.globalAlpha = 1;
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

/** The end of a dotted name tells more than its start: as many whole parts of it as there is room for. */
export function short(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(text.length - most + 1);
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
