/** How one object refers to another, in the page's language: the server says it in English. */

import { type Key, t } from "./words";

const WHOLE: Record<string, Key> = {
  "as an item": "chain.item",
  "as items": "chain.items",
  "as a key": "edge.key",
  "in an expression": "edge.expression",
  internally: "edge.internally",
  indirectly: "edge.indirectly",
  "cached key": "edge.cached_key",
  "cached result": "edge.cached_result",
  "current exception": "edge.current_exception",
  "handled exception": "edge.handled_exception",
  "previous context": "edge.previous_context",
};
const VARIABLES: Record<string, Key> = { free: "edge.free", local: "edge.local", context: "edge.context" };

/** One reference; what is a name (`.carts`, `['connect']`) stays as it is. */
export function relation(text: string): string {
  const whole = Object.hasOwn(WHOLE, text) ? WHOLE[text] : undefined;
  if (whole) return t(whole);
  const [, kind = "", name = ""] = /^(free|local|context) variable '(.*)'$/.exec(text) ?? [];
  const variable = VARIABLES[kind];
  if (variable) return t(variable, { name });
  const key = /^under (an? )?(\w+) keys?$/.exec(text);
  return key ? t(key[1] ? "chain.key" : "chain.keys", { kind: key[2] ?? "" }) : text;
}

/** A line of a reference list: `49 × [Thing] leaky.replace (free variable 'original')  leaky.py:31`. */
export function relations(text: string): string {
  return text.replace(/(\] |\()([^()[\]]+?)(?=\)|  |$)/g, (_, before: string, said: string) => before + relation(said));
}
