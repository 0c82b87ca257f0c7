/** What the objects of each package and module retain, as rectangles and as a list. */

import { get } from "../app/api";
import type { Module } from "../app/contract";
import { bar, code, el } from "../app/dom";
import { change } from "../app/place";
import { fill } from "../app/states";
import { percent, size } from "../app/units";
import { t } from "../app/words";
import type { Treemap } from "../charts/treemap";
import type { Pane } from "./view";

const SEPARATOR = "/";

/** A name of the path, which may have the separator in it. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

export class ModuleView implements Pane {
  readonly element: HTMLElement;
  private readonly picture = el("div", { class: "treemap" });
  private readonly list = el("div", { class: "module-list" });
  private readonly crumbs = el("p", { class: "crumbs" });
  private readonly body: HTMLElement;
  private treemap: Treemap | null = null;
  private path: string[] = [];
  private asked: { image: string; answer: Promise<Module> } | null = null;

  constructor() {
    this.body = el("div", { class: "modules" }, this.picture, this.list);
    this.element = el("div", {}, this.crumbs, this.body);
  }

  async show(image: string, state: Record<string, string>): Promise<void> {
    if (this.asked?.image !== image) this.asked = { image, answer: get<Module>("view/modules", { image }) };
    const { answer } = this.asked;
    answer.catch(() => (this.asked = null));
    this.path = state["path"] ? state["path"].split(SEPARATOR).map(decoded) : [];
    await fill(this.list, async () => {
      const whole = await answer;
      const here = this.descend(whole);
      await this.draw(here);
      this.trail(whole);
      return [this.rows(here)];
    });
  }

  /** The module that the path leads to; what is not there any more is left out of the path. */
  private descend(whole: Module): Module {
    let here = whole;
    for (const [at, name] of this.path.entries()) {
      const child = here.children?.find((one) => one.name === name);
      if (!child) {
        this.path = this.path.slice(0, at);
        break;
      }
      here = child;
    }
    return here;
  }

  private async draw(here: Module): Promise<void> {
    if (!this.treemap) {
      const { Treemap: Picture } = await import("../charts/treemap");
      this.treemap ??= new Picture(this.picture, (index) => this.enter(index));
    }
    this.current = here;
    this.treemap.show(here);
  }

  private current: Module | null = null;

  private enter(index: number): void {
    const child = this.current?.children?.[index];
    if (child?.children?.length) this.go([...this.path, child.name]);
  }

  private go(path: string[]): void {
    change({ path: path.length > 0 ? path.map(encodeURIComponent).join(SEPARATOR) : null });
  }

  private trail(whole: Module): void {
    const steps = [whole.name || t("app.modules.all"), ...this.path].map((name, at, all) =>
      at === all.length - 1
        ? code(name)
        : el("button", { type: "button", class: "sorter", onclick: () => this.go(this.path.slice(0, at)) }, code(name)),
    );
    this.crumbs.replaceChildren(...steps.flatMap((step, at) => (at > 0 ? [" › ", step] : [step])));
  }

  private rows(here: Module): HTMLElement {
    const children = here.children ?? [];
    if (children.length === 0) return el("p", { class: "quiet" }, t("app.modules.leaf"));
    return el(
      "ul",
      { class: "module-rows" },
      ...children.slice(0, 60).map((child, index) => {
        const name = child.children?.length
          ? el("button", { type: "button", class: "sorter", onclick: () => this.enter(index) }, code(child.name))
          : code(child.name);
        const share = child.bytes / Math.max(here.bytes, 1);
        return el(
          "li",
          {},
          el("span", { class: "what" }, name),
          el("span", { class: "amount" }, `${size(child.bytes)} · ${percent(share)}`),
          bar(share),
        );
      }),
    );
  }
}
