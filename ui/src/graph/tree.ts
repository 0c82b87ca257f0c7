/** The list beside the picture: the same nodes for the keyboard and for a reader of the screen. */

import type { Graph } from "../app/contract";
import { el } from "../app/dom";
import { count, size } from "../app/units";
import { t } from "../app/words";
import { type Branch, branches, listed, title } from "./branches";

export interface TreeListeners {
  /** The focus is on this node now. */
  focus(id: number): void;
  /** Open what is closed, close what is open. */
  toggle(id: number): void;
}

export class GraphTree {
  readonly element = el("ul", { role: "tree", class: "graph-tree", "aria-label": t("app.graph.tree") });
  private tree = new Map<number, Branch>();
  private order: number[] = [];
  private items = new Map<number, HTMLElement>();
  private current: number | null = null;
  private expanded: ReadonlySet<number> = new Set();

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
      this.listeners.toggle(id);
    });
  }

  show(graph: Graph, expanded: ReadonlySet<number>): void {
    const focused = this.element.contains(document.activeElement);
    this.tree = branches(graph);
    this.order = listed(this.tree);
    this.expanded = expanded;
    this.items = new Map(this.order.map((id) => [id, this.item(id)]));
    this.element.replaceChildren(...this.items.values());
    if (this.current === null || !this.items.has(this.current)) {
      this.current = graph.nodes.find((node) => node.role === "suspect")?.id ?? this.order[0] ?? null;
    }
    if (this.current === null) return;
    this.items.get(this.current)?.setAttribute("tabindex", "0");
    if (focused) this.items.get(this.current)?.focus();
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
    const opens = node.expandable || this.expanded.has(id);
    const item = el(
      "li",
      {
        role: "treeitem",
        class: `graph-item role-${node.role}`,
        tabindex: -1,
        "data-node": id,
        "aria-level": level,
        "aria-selected": id === this.current,
        "aria-expanded": opens ? String(this.expanded.has(id)) : children.length > 0 ? "true" : null,
      },
      el("span", { class: "dot", "aria-hidden": "true" }),
      el(
        "span",
        { class: "what" },
        label ? el("bdi", { class: "edge" }, `${label} `) : null,
        el("bdi", { class: "code" }, node.role === "rest" ? title(node) : node.name || node.type),
        node.count > 1 && node.role !== "rest" ? el("b", { class: "times" }, ` × ${count(node.count)}`) : null,
      ),
      el("span", { class: "amount" }, size(node.retained)),
      opens ? el("span", { class: "sign", "aria-hidden": "true" }, this.expanded.has(id) ? "−" : "+") : null,
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
    if (next === "toggle") this.listeners.toggle(id);
    else if (next !== null) this.items.get(next)?.focus({ preventScroll: true });
  }

  private target(key: string, id: number): number | "toggle" | null | undefined {
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
        if (branch?.node.expandable && !this.expanded.has(id)) return "toggle";
        return branch?.children[0] ?? null;
      case "ArrowLeft":
        if (this.expanded.has(id)) return "toggle";
        return branch?.parent ?? null;
      case "Enter":
      case " ":
        return "toggle";
      default:
        return undefined;
    }
  }
}
