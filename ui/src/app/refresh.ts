/** Brings what the server has written up to date, without losing the view. */

import { root } from "./dom";

/** The page as the server writes it now. A document of an answer runs no script and loads nothing. */
function fetchPage(): Promise<Document> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams(location.search);
    query.set("format", "html");
    query.set("lang", document.documentElement.lang);
    query.delete("fresh");
    request.open("GET", `?${query}`);
    request.responseType = "document";
    request.onload = () => {
      if (request.status === 200 && request.responseXML) resolve(request.responseXML);
      else reject(new Error(request.statusText));
    };
    request.onerror = () => reject(new Error("no answer"));
    request.send();
  });
}

/** Replace these sections by what the server writes now; one that the reader is in stays unless `all`. */
export async function refresh(ids: readonly string[], all = false): Promise<string[]> {
  const page = await fetchPage();
  const replaced: string[] = [];
  const who = page.querySelector("header .who");
  if (all && who) document.querySelector("header .who")?.replaceWith(document.importNode(who, true));
  for (const id of ids) {
    const mine = root(id);
    const theirs = page.getElementById(id);
    if (!mine || !theirs || (!all && inUse(mine))) continue;
    mine.replaceChildren(...[...theirs.childNodes].map((node) => document.importNode(node, true)));
    replaced.push(id);
  }
  return replaced;
}

function inUse(section: HTMLElement): boolean {
  const selected = getSelection();
  return (
    section.contains(document.activeElement) ||
    section.matches(":hover") ||
    (selected !== null && !selected.isCollapsed && section.contains(selected.anchorNode))
  );
}
