/** Everything in an image: its types, what keeps what alive, its modules, one object's references. */

import { el } from "../app/dom";
import { type Images, imagePicker } from "../app/images";
import { type Place, change, link } from "../app/place";
import { failed } from "../app/states";
import { type Key, t } from "../app/words";
import { DominatorView } from "./dominators";
import { ModuleView } from "./modules";
import { ObjectView } from "./object";
import { TypeView } from "./types";

/** One way to look at an image. `state` is what the address says. */
export interface Pane {
  readonly element: HTMLElement;
  show(image: string, state: Record<string, string>): Promise<void>;
}

type Name = "types" | "dominators" | "modules" | "object";

const NAMES: readonly [Name, Key][] = [
  ["types", "app.explore.types"],
  ["dominators", "app.explore.dominators"],
  ["modules", "app.explore.modules"],
  ["object", "app.explore.object"],
];

export class ExploreView {
  private readonly bar = el("div", { class: "toolbar" });
  private readonly body = el("div", { class: "pane" });
  private readonly panes: Partial<Record<Name, Pane>> = {};

  constructor(
    root: HTMLElement,
    private readonly images: Images,
  ) {
    root.replaceChildren(el("h2", {}, t("section.explore")), this.bar, this.body);
  }

  async show({ state }: Place): Promise<void> {
    const name = NAMES.find(([known]) => known === state["show"])?.[0] ?? "types";
    try {
      const images = await this.images.having(state["image"]);
      const picker = imagePicker(images, state["image"] ?? images[0]?.id ?? "", (id) =>
        change({ image: id, node: null, open: null, offset: null }),
      );
      if (!this.bar.firstElementChild) this.bar.replaceChildren(picker);
      const kept = await this.images.chosen(state["image"]);
      if (!kept) {
        this.bar.replaceChildren(el("p", { class: "empty" }, t("app.none.images")));
        return;
      }
      const tabs = NAMES.map(([known, key]) =>
        el(
          "a",
          {
            class: "chip",
            href: link("explore", { show: known, image: state["image"], node: known === "object" ? state["node"] : null }),
            "aria-current": known === name ? "page" : null,
          },
          t(key),
        ),
      );
      this.bar.replaceChildren(
        picker,
        el("nav", { class: "chips", "aria-label": t("section.explore") }, ...tabs),
      );
      const pane = (this.panes[name] ??= make(name));
      if (this.body.firstElementChild !== pane.element) this.body.replaceChildren(pane.element);
      await pane.show(kept.id, state);
    } catch (error) {
      this.body.replaceChildren(failed(error));
    }
  }
}

function make(name: Name): Pane {
  if (name === "types") return new TypeView();
  if (name === "dominators") return new DominatorView();
  return name === "modules" ? new ModuleView() : new ObjectView();
}
