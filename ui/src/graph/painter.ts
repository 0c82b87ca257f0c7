/** Draws a laid-out graph on a canvas. */

import type { Role } from "../app/contract";
import { paintWords } from "./labels";
import type { Drawn, Layout, Placed } from "./layout";
import type { Openness } from "./openness";

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
  openness: Openness;
}

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

/** What is lit while the pointer is on a node: the way from the root down to it, and what hangs on it. */
function neighbours(scene: Scene): Set<number> | null {
  if (scene.hovered === null) return null;
  const above = new Map<number, number>();
  const near = new Set<number>();
  for (const { edge } of scene.layout.edges) {
    above.set(edge.to, edge.from);
    if (edge.from === scene.hovered) near.add(edge.to);
  }
  for (let at: number | undefined = scene.hovered; at !== undefined && !near.has(at); at = above.get(at)) near.add(at);
  return near;
}

export function colour(role: Role, palette: Palette): string {
  return { suspect: palette.suspect, chain: palette.chain, ordinary: palette.ordinary, rest: palette.faint }[role];
}

function paintEdge(context: CanvasRenderingContext2D, scene: Scene, drawn: Drawn, near: Set<number> | null): void {
  const { source, target, edge } = drawn;
  const distance = Math.hypot(target.x - source.x, target.y - source.y);
  if (distance < 1) return;
  const lit = near === null || (near.has(edge.from) && near.has(edge.to));
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
  const opens = scene.openness.opens(node);
  if (opens || scene.openness.closes(node)) paintSign(context, scene, placed, opens);
}

/** A plus or a minus at the lower right of a node that can be opened or closed. */
function paintSign(context: CanvasRenderingContext2D, scene: Scene, placed: Placed, opens: boolean): void {
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
  if (opens) {
    context.moveTo(x, y - r / 2);
    context.lineTo(x, y + r / 2);
  }
  context.stroke();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
