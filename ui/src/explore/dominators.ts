/** The dominator tree: what would be free if an object were, fifty at a time. */

import { get } from "../app/api";
import type { Dominators, ObjectRow } from "../app/contract";
import { bar, code, el } from "../app/dom";
import { relation } from "../app/phrases";
import { change, link, numbers } from "../app/place";
import { failed, fill, waiting } from "../app/states";
import { count, size } from "../app/units";
import { t } from "../app/words";
import type { Pane } from "./view";

const PAGE = 50;
/** Rows are indented up to this level: a linked list goes on for thousands. */
const DEEPEST = 30;

export class DominatorView implements Pane {
  readonly element = el("div", { class: "dominators" });
  private shown = "";
  private open = new Set<number>();
  private image = "";
  private whole = 1;

  async show(image: string, state: Record<string, string>): Promise<void> {
    const top = state["node"] ?? "root";
    this.open = new Set(numbers(state["open"]));
    this.image = image;
    const wanted = JSON.stringify([image, top, [...this.open].sort()]);
    if (wanted === this.shown) return;
    this.shown = wanted;
    await fill(this.element, async () => {
      const answer = await this.ask(top, 0);
      this.whole = Math.max(answer.node.retained, 1);
      const list = el("ul", { class: "dominator-tree", role: "tree", "aria-label": t("app.explore.dominators") });
      list.addEventListener("keydown", walk);
      await this.put(list, top, 1, answer);
      list.querySelector<HTMLElement>("[role=treeitem]")?.setAttribute("tabindex", "0");
      return [this.above(top, answer.node), list];
    });
  }

  private ask(node: string | number, offset: number): Promise<Dominators> {
    return get<Dominators>("view/dominators", { image: this.image, node, offset, limit: PAGE });
  }

  private above(top: string, node: ObjectRow): HTMLElement {
    if (top === "root") return el("p", { class: "quiet" }, t("app.dominators.hint"));
    const back = link("explore", { show: "dominators", image: this.image });
    return el("p", { class: "crumbs" }, el("a", { href: back }, t("app.dominators.whole")), " › ", code(node.name || node.type));
  }

  /** Put rows for the children of a node into `list`, those that are open with their own. */
  private async put(list: HTMLElement, node: string | number, level: number, answer: Dominators): Promise<void> {
    const offset = list.querySelectorAll(":scope > [data-node]").length;
    for (const child of answer.children) {
      const item = this.row(child, level);
      list.append(item);
      if (this.open.has(child.id) && child.children) await this.unfold(item, child, level);
    }
    const left = answer.total - offset - answer.children.length;
    if (left <= 0) return;
    const more = el(
      "li",
      { role: "treeitem", tabindex: -1, class: "more", "aria-level": level },
      el("span", { class: "plain" }, t("app.dominators.more", { left: count(left) })),
    );
    const ask = (event: Event): void => {
      event.stopPropagation();
      const focused = more === document.activeElement;
      this.ask(node, offset + answer.children.length).then(
        async (next) => {
          const last = more.previousElementSibling;
          more.remove();
          await this.put(list, node, level, next);
          if (focused && last?.nextElementSibling instanceof HTMLElement) focus(last.nextElementSibling);
        },
        (error: unknown) => more.replaceChildren(failed(error)),
      );
    };
    more.addEventListener("click", ask, { once: true });
    more.addEventListener("leakguard:toggle", ask, { once: true });
    list.append(more);
  }

  private row(child: ObjectRow, level: number): HTMLElement {
    const opens = (child.children ?? 0) > 0;
    const line = el(
      "div",
      { class: "line" },
      el("span", { class: "twist", "aria-hidden": "true" }, opens ? "▸" : ""),
      el(
        "span",
        { class: "what" },
        child.label ? el("bdi", { class: "edge" }, `${relation(child.label)} `) : null,
        code(child.name || child.type),
        child.name && ![child.name, child.label].includes(child.type) ? el("bdi", { class: "of-type" }, ` ${child.type}`) : null,
        child.count > 1 ? el("b", { class: "times" }, ` × ${count(child.count)}`) : null,
      ),
      el("a", { class: "look", tabindex: -1, href: link("explore", { show: "object", image: this.image, node: child.id }) }, t("app.look")),
      bar(child.retained / this.whole, "wide-bar"),
      el("span", { class: "amount" }, size(child.retained)),
    );
    line.style.paddingInlineStart = `${Math.min(level - 1, DEEPEST) * 1.1}rem`;
    const item = el(
      "li",
      {
        role: "treeitem",
        tabindex: -1,
        "aria-level": level,
        "aria-expanded": opens ? "false" : null,
        "data-node": child.id,
      },
      line,
    );
    line.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("a")) return;
      focus(item);
      void this.toggle(item, child, level);
    });
    item.addEventListener("leakguard:toggle", (event) => {
      event.stopPropagation();
      void this.toggle(item, child, level);
    });
    return item;
  }

  private async toggle(item: HTMLElement, child: ObjectRow, level: number): Promise<void> {
    if (!child.children) return;
    if (item.getAttribute("aria-expanded") === "true") {
      item.setAttribute("aria-expanded", "false");
      item.querySelector(":scope > [role=group]")?.remove();
      this.open.delete(child.id);
    } else {
      this.open.add(child.id);
      await this.unfold(item, child, level);
    }
    const open = [...this.open].sort((one, other) => one - other);
    const top = new URLSearchParams(location.hash.split("?")[1]).get("node") ?? "root";
    this.shown = JSON.stringify([this.image, top, [...this.open].sort()]);
    // the numbers mean something in their image alone
    change({ image: this.image, open: open.length > 0 ? open.join(",") : null }, true);
  }

  private async unfold(item: HTMLElement, child: ObjectRow, level: number): Promise<void> {
    item.setAttribute("aria-expanded", "true");
    const group = el("ul", { role: "group" });
    const place = el("li", { role: "none" }, waiting());
    group.append(place);
    item.append(group);
    try {
      const answer = await this.ask(child.id, 0);
      place.remove();
      await this.put(group, child.id, level + 1, answer);
    } catch (error) {
      place.replaceChildren(failed(error));
    }
  }
}

function focus(item: HTMLElement): void {
  const tree = item.closest("[role=tree]");
  tree?.querySelectorAll<HTMLElement>("[role=treeitem][tabindex='0']").forEach((other) => other.setAttribute("tabindex", "-1"));
  item.tabIndex = 0;
  item.focus({ preventScroll: false });
}

/** The keys of a tree: up and down go, right opens, left closes. */
function walk(event: KeyboardEvent): void {
  const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=treeitem]") : null;
  if (!item || event.target !== item || event.altKey || event.ctrlKey || event.metaKey) return;
  const items = [...(item.closest("[role=tree]")?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
  const at = items.indexOf(item);
  const state = item.getAttribute("aria-expanded");
  const toggle = (): void => void item.dispatchEvent(new CustomEvent("leakguard:toggle", { bubbles: true }));
  const go = (to: HTMLElement | null | undefined): void => void (to && focus(to));
  const moves: Record<string, () => void> = {
    ArrowDown: () => go(items[at + 1]),
    ArrowUp: () => go(items[at - 1]),
    Home: () => go(items[0]),
    End: () => go(items[items.length - 1]),
    ArrowRight: () => (state === "false" ? toggle() : state === "true" ? go(items[at + 1]) : undefined),
    ArrowLeft: () => (state === "true" ? toggle() : go(item.parentElement?.closest<HTMLElement>("[role=treeitem]"))),
    Enter: toggle,
    " ": toggle,
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  move();
}
