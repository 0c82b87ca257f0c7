/** The suspects' cards get a way to their picture. */

import { el } from "../app/dom";
import { link } from "../app/place";
import { t } from "../app/words";

export function linkSuspects(): void {
  for (const card of document.querySelectorAll<HTMLElement>("article.suspect[data-rank]")) {
    if (card.querySelector(".to-graph")) continue;
    const rank = card.dataset["rank"] ?? "1";
    card.querySelector("h3")?.after(
      el("p", { class: "to-graph" }, el("a", { href: link("graph", { suspect: rank }) }, t("app.suspect.graph"))),
    );
  }
}
