/** The page's words: the catalogue that the server's own page is written with. */

import type english from "../../../leakguard/page/words/en.json";

export type Key = keyof typeof english;

let words: Partial<Record<string, string>> = {};

/** Read the catalogue of the page's language; to be awaited before anything is shown. */
export async function speak(catalogue: string): Promise<void> {
  words = (await (await fetch(catalogue)).json()) as Record<string, string>;
}

/** The same, of a catalogue that is at hand. */
export function use(catalogue: Record<string, string>): void {
  words = catalogue;
}

/** The text of a key, with each `{name}` replaced; the key itself where the catalogue has it not. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return optional(key, key, values);
}

/** The text of a key that is put together at run time, else `otherwise`. */
export function optional(key: string, otherwise: string, values: Record<string, string | number> = {}): string {
  const text = words[key] ?? otherwise;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
