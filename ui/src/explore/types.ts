/** The type histogram: how many objects of each type there are, and what they hold. */

import { get } from "../app/api";
import type { TypeRows } from "../app/contract";
import { bar, code, el } from "../app/dom";
import { change } from "../app/place";
import { fill } from "../app/states";
import { heading, pager } from "../app/tables";
import { count, size } from "../app/units";
import { t } from "../app/words";
import type { Pane } from "./view";

const PAGE = 50;
const PAUSE = 250;

export class TypeView implements Pane {
  readonly element: HTMLElement;
  private readonly rows = el("div");
  private readonly search: HTMLInputElement;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.search = el("input", {
      type: "search",
      placeholder: t("app.types.search"),
      "aria-label": t("app.types.search"),
      oninput: () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => change({ search: this.search.value || null, offset: null }, true), PAUSE);
      },
    });
    this.element = el("div", {}, el("p", { class: "search" }, this.search), this.rows);
  }

  async show(image: string, state: Record<string, string>): Promise<void> {
    const search = state["search"] ?? "";
    const sort = state["sort"] ?? "retained";
    const offset = Number(state["offset"] ?? 0) || 0;
    if (document.activeElement !== this.search) this.search.value = search;
    await fill(this.rows, async () => {
      const answer = await get<TypeRows>("view/types", { image, search, sort, offset, limit: PAGE });
      if (answer.total === 0) return [el("p", { class: "empty" }, t("app.types.none"))];
      return [table(answer, sort), pager(answer.total, offset, PAGE)];
    });
  }
}

function table(answer: TypeRows, sort: string): HTMLElement {
  const most = Math.max(...answer.rows.map((row) => row.retained), 1);
  return el(
    "div",
    { class: "scroll", tabindex: 0 },
    el(
      "table",
      { class: "wide" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, t("app.type")),
          heading(t("app.objects"), "count", sort),
          heading(t("app.shallow"), "shallow", sort),
          heading(t("app.retained"), "retained", sort),
          el("th", { class: "bars", "aria-hidden": "true" }),
        ),
      ),
      el(
        "tbody",
        {},
        ...answer.rows.map((row) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, code(row.type)),
            el("td", { class: "number" }, count(row.count)),
            el("td", { class: "number" }, size(row.shallow)),
            el("td", { class: "number" }, size(row.retained)),
            el("td", { class: "bars", "aria-hidden": "true" }, bar(row.retained / most)),
          ),
        ),
      ),
    ),
  );
}
