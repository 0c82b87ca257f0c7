/** Parts that tables share: headings that sort, and a way through the pages. */

import { el } from "./dom";
import { change } from "./place";
import { count } from "./units";
import { t } from "./words";

/** The heading of a column of numbers; pressing it sorts by the column, the largest first. */
export function heading(text: string, column: string, sorted: string): HTMLElement {
  const active = column === sorted;
  return el(
    "th",
    { scope: "col", class: "number", "aria-sort": active ? "descending" : null },
    el(
      "button",
      { type: "button", class: "sorter", onclick: () => change({ sort: column, offset: null }) },
      text,
      el("span", { "aria-hidden": "true" }, active ? " ↓" : ""),
    ),
  );
}

/** `1–50 of 1,234` with steps back and on; `name` is the state that holds the offset. */
export function pager(total: number, offset: number, limit: number, name = "offset"): HTMLElement {
  const last = Math.min(offset + limit, total);
  const step = (text: string, to: number, possible: boolean): HTMLElement =>
    el(
      "button",
      {
        type: "button",
        class: "plain",
        disabled: !possible,
        onclick: () => change({ [name]: to > 0 ? String(to) : null }),
      },
      text,
    );
  const told = el("span", {}, t("app.page", { first: count(offset + 1), last: count(last), total: count(total) }));
  if (total <= limit && offset === 0) return el("p", { class: "pager" }, told);
  return el(
    "p",
    { class: "pager" },
    step(t("app.page.before"), Math.max(0, offset - limit), offset > 0),
    told,
    step(t("app.page.after"), offset + limit, last < total),
  );
}
