/** The list beside the picture: the same nodes for the keyboard and for a reader of the screen. */

import type { Graph } from "../app/contract";
import { el } from "../app/dom";
import { count, size } from "../app/units";
import { t } from "../app/words";
import { type Branch, branches, listed, title } from "./branches";
import { Openness } from "./openness";

export interface TreeListeners {
  /** The focus is on this node now. */
  focus(id: number): void;
  /** Draw more of what hangs on it, or put that away. */
  open(id: number): void;
  close(id: number): void;
  /** Back to where one began. */
  leave(): void;
}

export class GraphTree {
  readonly element = el("ul", { role: "tree", class: "graph-tree", "aria-label": t("app.graph.tree") });
  private tree = new Map<number, Branch>();
  private order: number[] = [];
  private items = new Map<number, HTMLElement>();
  private current: number | null = null;
  private openness = new Openness();

  constructor(private readonly listeners: TreeListeners) {
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusin", (event) => {
      const id = this.idOf(event.target);
      if (id !== null) this.reach(id);
    });
    this.element.addEventListener("click", (event) => {
      const id = this.idOf(event.target);
      if (id === null) return;
      this.items.get(id)?.focus();
      this.toggle(id);
    });
  }

  show(graph: Graph, openness: Openness): void {
    const focused = this.element.contains(document.activeElement);
    this.tree = branches(graph);
    this.order = listed(this.tree);
    this.openness = openness;
    this.items = new Map(this.order.map((id) => [id, this.item(id)]));
    this.element.replaceChildren(...this.items.values());
    if (this.current === null || !this.items.has(this.current)) {
      this.current = graph.nodes.find((node) => node.role === "suspect")?.id ?? this.order[0] ?? null;
    }
    if (this.current === null) return;
    this.items.get(this.current)?.setAttribute("tabindex", "0");
    if (focused) this.items.get(this.current)?.focus();
  }

  /** Move the focus to a node. */
  go(id: number): void {
    this.items.get(id)?.focus({ preventScroll: true });
  }

  /** Mark a node as chosen and bring it into view in the list. */
  mark(id: number): void {
    for (const [other, item] of this.items) {
      item.setAttribute("aria-selected", String(other === id));
      item.tabIndex = other === id ? 0 : -1;
    }
    this.current = id;
    const item = this.items.get(id);
    if (!item) return;
    // the list alone scrolls, never the page
    const box = this.element;
    if (item.offsetTop < box.scrollTop) box.scrollTop = item.offsetTop;
    const below = item.offsetTop + item.offsetHeight - box.clientHeight;
    if (below > box.scrollTop) box.scrollTop = below;
  }

  private item(id: number): HTMLElement {
    const { node, label, level, children } = this.tree.get(id) as Branch;
    const [opens, closes] = [this.openness.opens(node), this.openness.closes(node)];
    const item = el(
      "li",
      {
        role: "treeitem",
        class: `graph-item role-${node.role}`,
        tabindex: -1,
        "data-node": id,
        "aria-level": level,
        "aria-selected": id === this.current,
        "aria-expanded": opens ? "false" : closes || children.length > 0 ? "true" : null,
      },
      el("span", { class: "dot", "aria-hidden": "true" }),
      el(
        "span",
        { class: "what" },
        label ? el("bdi", { class: "edge" }, `${label} `) : null,
        el("bdi", { class: "code" }, node.role === "rest" ? title(node) : node.name || node.type),
      ),
      node.count > 1 && node.role !== "rest" ? el("b", { class: "times" }, `× ${count(node.count)}`) : null,
      el("span", { class: "amount" }, size(node.retained)),
      el("span", { class: "sign", "aria-hidden": "true" }, opens ? "+" : closes ? "−" : ""),
    );
    item.style.paddingInlineStart = `${0.5 + Math.min(level - 1, 9) * 0.75}rem`;
    return item;
  }

  private idOf(target: EventTarget | null): number | null {
    const item = target instanceof Element ? target.closest<HTMLElement>("[data-node]") : null;
    return item ? Number(item.dataset["node"]) : null;
  }

  private reach(id: number): void {
    this.mark(id);
    this.listeners.focus(id);
  }

  private key(event: KeyboardEvent): void {
    const id = this.idOf(event.target);
    if (id === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = this.target(event.key, id);
    if (next === undefined) return;
    event.preventDefault();
    if (next === "open" || next === "close") this.listeners[next](id);
    else if (next === "toggle") this.toggle(id);
    else if (next === "leave") this.listeners.leave();
    else if (next !== null) this.items.get(next)?.focus({ preventScroll: true });
  }

  private toggle(id: number): void {
    const node = this.tree.get(id)?.node;
    if (!node) return;
    if (this.openness.opens(node)) this.listeners.open(id);
    else if (this.openness.closes(node)) this.listeners.close(id);
  }

  private target(key: string, id: number): number | "open" | "close" | "toggle" | "leave" | null | undefined {
    const at = this.order.indexOf(id);
    const branch = this.tree.get(id);
    switch (key) {
      case "ArrowDown":
        return this.order[at + 1] ?? null;
      case "ArrowUp":
        return this.order[at - 1] ?? null;
      case "Home":
        return this.order[0] ?? null;
      case "End":
        return this.order[this.order.length - 1] ?? null;
      case "ArrowRight":
        if (branch && this.openness.opens(branch.node)) return "open";
        return branch?.children[0] ?? null;
      case "ArrowLeft":
        if (branch && this.openness.closes(branch.node)) return "close";
        return branch?.parent ?? null;
      case "Enter":
      case " ":
        return "toggle";
      case "Escape":
        return "leave";
      default:
        return undefined;
    }
  }
}
