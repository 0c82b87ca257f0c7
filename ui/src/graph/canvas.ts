/** The picture of a graph that a pointer can move: drag, zoom, hover, click. */

import { drag, type D3DragEvent } from "d3-drag";
import { select } from "d3-selection";
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomBehavior } from "d3-zoom";

import type { Layout, Placed } from "./layout";
import { Openness } from "./openness";
import { type Palette, paint } from "./painter";

export interface Listeners {
  hover(id: number | null): void;
  choose(id: number): void;
}

const MARGIN = 56;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class GraphCanvas {
  readonly element: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly zooming: ZoomBehavior<HTMLCanvasElement, unknown>;
  private layout: Layout | null = null;
  private camera = { x: 0, y: 0, k: 1 };
  private hovered: number | null = null;
  private chosen: number | null = null;
  private openness = new Openness();
  private frame = 0;
  private width = 0;
  private height = 0;
  private moved = false;

  constructor(
    private readonly listeners: Listeners,
    private readonly palette: () => Palette,
  ) {
    this.element = document.createElement("canvas");
    this.element.className = "graph-canvas";
    this.element.setAttribute("aria-hidden", "true"); // the list beside it says the same in words
    const context = this.element.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser draws no canvas");
    this.context = context;
    this.zooming = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([0.1, 6])
      .on("zoom", (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
        this.camera = event.transform;
        if (event.sourceEvent) this.moved = true;
        this.draw();
      });
    const dragging = drag<HTMLCanvasElement, unknown>()
      .subject((event: { x: number; y: number }) => this.at(event.x, event.y) ?? undefined)
      .on("start", (event) => this.grab(event))
      .on("drag", (event) => this.pull(event))
      .on("end", (event) => this.release(event));
    select(this.element)
      .call(dragging)
      .call(this.zooming)
      .on("dblclick.zoom", null)
      .on("mousemove", (event: MouseEvent) => this.hover(this.at(event.offsetX, event.offsetY)))
      .on("mouseleave", () => this.hover(null))
      .on("click", (event: MouseEvent) => {
        const hit = this.at(event.offsetX, event.offsetY);
        if (hit) this.listeners.choose(hit.node.id);
      });
    Object.assign(this.element, { places: () => this.places() });
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  /** Show another layout; nodes glide from where they were unless the reader wants no motion. */
  show(layout: Layout, openness: Openness): void {
    const before = new Map(this.layout?.nodes.map((placed) => [placed.node.id, [placed.x, placed.y] as const]));
    this.layout?.simulation.stop();
    layout.simulation.on("tick", () => this.draw());
    const first = this.layout === null;
    this.layout = layout;
    this.openness = openness;
    this.hovered = null;
    if (first || !this.moved) this.fit();
    if (before.size > 0 && !STILL.matches) this.glide(layout, before);
    this.draw();
  }

  point(id: number | null): void {
    this.hovered = id;
    this.draw();
  }

  mark(id: number | null): void {
    this.chosen = id;
    this.draw();
  }

  /** Where each node is on the canvas, in CSS pixels: what a test, or somebody at the console, needs to point at one. */
  private places(): { id: number; x: number; y: number; radius: number }[] {
    const { x, y, k } = this.camera;
    return (this.layout?.nodes ?? []).map((placed) => ({
      id: placed.node.id,
      x: placed.x * k + x,
      y: placed.y * k + y,
      radius: placed.radius * k,
    }));
  }

  zoomBy(factor: number): void {
    select(this.element).call(this.zooming.scaleBy, factor);
  }

  /** Bring everything into view. */
  fit(): void {
    if (!this.layout || this.width === 0) return;
    const { nodes } = this.layout;
    const left = Math.min(...nodes.map((placed) => placed.x - placed.radius));
    const right = Math.max(...nodes.map((placed) => placed.x + placed.radius));
    const top = Math.min(...nodes.map((placed) => placed.y - placed.radius));
    const bottom = Math.max(...nodes.map((placed) => placed.y + placed.radius));
    const k = Math.min((this.width - 2 * MARGIN) / (right - left), (this.height - 2 * MARGIN) / (bottom - top), 1.6);
    const target = zoomIdentity
      .translate(this.width / 2 - (k * (left + right)) / 2, this.height / 2 - (k * (top + bottom)) / 2)
      .scale(Math.max(0.1, k));
    this.moved = false;
    select(this.element).call(this.zooming.transform, target);
  }

  redraw(): void {
    this.draw();
  }

  private at(x: number, y: number): Placed | null {
    if (!this.layout) return null;
    const worldX = (x - this.camera.x) / this.camera.k;
    const worldY = (y - this.camera.y) / this.camera.k;
    let best: Placed | null = null;
    for (const placed of this.layout.nodes) {
      const reach = Math.max(placed.radius, 8 / this.camera.k);
      if (Math.hypot(placed.x - worldX, placed.y - worldY) <= reach && (!best || placed.radius < best.radius)) {
        best = placed;
      }
    }
    return best;
  }

  private hover(hit: Placed | null): void {
    const id = hit?.node.id ?? null;
    this.element.classList.toggle("over-node", id !== null);
    if (id === this.hovered) return;
    this.hovered = id;
    this.listeners.hover(id);
    this.draw();
  }

  private grab(event: D3DragEvent<HTMLCanvasElement, unknown, Placed>): void {
    const { subject } = event;
    subject.fx = subject.x;
    subject.fy = subject.y;
  }

  private pull(event: D3DragEvent<HTMLCanvasElement, unknown, Placed>): void {
    const [x, y] = this.world(event.sourceEvent as MouseEvent | TouchEvent);
    event.subject.fx = x;
    event.subject.fy = y;
    this.layout?.simulation.alphaTarget(0.12).restart();
  }

  private release(event: D3DragEvent<HTMLCanvasElement, unknown, Placed>): void {
    if (!event.active) this.layout?.simulation.alphaTarget(0);
    event.subject.fx = null;
    event.subject.fy = null;
  }

  private world(event: MouseEvent | TouchEvent): [number, number] {
    const pointer = "touches" in event ? event.changedTouches[0] : event;
    const box = this.element.getBoundingClientRect();
    const x = (pointer?.clientX ?? 0) - box.left;
    const y = (pointer?.clientY ?? 0) - box.top;
    return [(x - this.camera.x) / this.camera.k, (y - this.camera.y) / this.camera.k];
  }

  private glide(layout: Layout, before: Map<number, readonly [number, number]>): void {
    const ends = layout.nodes.map((placed) => [placed.x, placed.y] as const);
    const starts = layout.nodes.map((placed) => before.get(placed.node.id));
    const started = performance.now();
    const step = (now: number): void => {
      if (this.layout !== layout) return;
      const share = Math.min(1, (now - started) / 350);
      const eased = 1 - (1 - share) ** 3;
      layout.nodes.forEach((placed, index) => {
        const [start, end] = [starts[index], ends[index]];
        if (!start || !end) return;
        placed.x = start[0] + (end[0] - start[0]) * eased;
        placed.y = start[1] + (end[1] - start[1]) * eased;
      });
      this.draw();
      if (share < 1) requestAnimationFrame(step);
    };
    step(started);
  }

  private resize(): void {
    this.width = this.element.clientWidth;
    this.height = this.element.clientHeight;
    const ratio = devicePixelRatio || 1;
    this.element.width = Math.round(this.width * ratio);
    this.element.height = Math.round(this.height * ratio);
    if (!this.moved) this.fit();
    this.draw();
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.layout || this.width === 0) return;
      const { layout, camera, hovered, chosen, openness } = this;
      const scene = { layout, camera, palette: this.palette(), hovered, chosen, openness };
      paint(this.context, scene, this.width, this.height, devicePixelRatio || 1);
    });
  }
}
