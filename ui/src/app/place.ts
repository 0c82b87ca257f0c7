/** Where the reader is: a view and its state, kept in the address so that it can be linked and gone back to. */

export const VIEWS = ["overview", "graph", "explore", "compare"] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  view: View;
  state: Record<string, string>;
}

/** `#explore?show=types&search=Cart`, or a section as the page without a script names it: `#lg-explore`.
 *  What is neither is the overview, or a place in it. */
export function parse(hash: string): Place {
  const [name = "", query = ""] = splitOnce(hash.replace(/^#(lg-)?/, ""), "?");
  const view = VIEWS.find((known) => known === name) ?? "overview";
  return { view, state: Object.fromEntries(new URLSearchParams(query)) };
}

export function format(place: Place): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(place.state).sort()) {
    if (value !== "") query.set(name, value);
  }
  const text = query.toString().replaceAll("%2C", ",");
  return `#${place.view}${text ? `?${text}` : ""}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

export function current(): Place {
  return parse(location.hash);
}

/** The address of a view: for links, so that a new tab works too. */
export function link(view: View, state: Record<string, string | number | null | undefined> = {}): string {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(state)) {
    if (value !== null && value !== undefined) texts[name] = String(value);
  }
  return format({ view, state: texts });
}

/** Change part of the state of the view that is shown; `replace` leaves no step to go back to. */
export function change(state: Record<string, string | null>, replace = false): void {
  const place = current();
  const merged = { ...place.state };
  for (const [name, value] of Object.entries(state)) {
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  go(format({ view: place.view, state: merged }), replace);
}

export function go(hash: string, replace = false): void {
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = hash;
  }
}

/** Calls `show` with the place now, and each time it changes. */
export function follow(show: (place: Place) => void): void {
  addEventListener("hashchange", () => show(current()));
  show(current());
}

/** A list of numbers in the state: `expand=3,14`. */
export function numbers(text: string | undefined): number[] {
  return (text ?? "").split(",").filter((part) => /^\d+$/.test(part)).map(Number);
}
