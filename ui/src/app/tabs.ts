/** The page in four views instead of one long scroll: the sections of the others are hidden. */

import { el, root } from "./dom";
import { type Place, VIEWS, type View, link } from "./place";
import { type Key, t } from "./words";

const SECTIONS: Record<View, readonly string[]> = {
  overview: ["lg-overview", "lg-workers", "lg-routes", "lg-snapshot", "lg-suspects"],
  graph: ["lg-graph"],
  explore: ["lg-explore"],
  compare: ["lg-compare"],
};

const TITLES: Record<View, Key> = {
  overview: "section.overview",
  graph: "section.graph",
  explore: "section.explore",
  compare: "section.compare",
};

/** What was seen last of each view: its tab leads back to it. */
const seen = new Map<View, string>();

export function makeTabs(): void {
  document.querySelector<HTMLAnchorElement>("a.skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    const heading = document.querySelector<HTMLElement>("main > section:not([hidden]) :is(h1, h2)");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  });
  const list = document.querySelector("header nav ul");
  list?.replaceChildren(
    ...VIEWS.map((view) => el("li", {}, el("a", { href: link(view), "data-view": view }, t(TITLES[view])))),
  );
}

export function showTab({ view, state }: Place): void {
  const before = document.body.dataset["view"];
  seen.set(view, link(view, state));
  document.body.dataset["view"] = view;
  for (const [other, ids] of Object.entries(SECTIONS)) {
    for (const id of ids) root(id)?.toggleAttribute("hidden", other !== view);
  }
  for (const tab of document.querySelectorAll<HTMLAnchorElement>("nav a[data-view]")) {
    const own = tab.dataset["view"] as View;
    if (own === view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
    tab.href = seen.get(own) ?? link(own);
  }
  if (before !== undefined && before !== view) scrollTo(0, 0);
  // a place in the overview could not be gone to while it was hidden
  if (view === "overview" && /^#(lg-|suspect-)/.test(location.hash)) root(location.hash.slice(1))?.scrollIntoView();
}
