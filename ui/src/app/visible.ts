/** Names may hold signs that cannot be seen, or that turn the direction of writing: they are shown escaped. */

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with each such sign as Python writes it in a string: `\u202e`, `\n`, `\x00`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escaped);
}

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(sign: string): string {
  const point = sign.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point > 0xffff) return `\\U${hex.padStart(8, "0")}`;
  return SHORT[sign] ?? (point > 0xff ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`);
}
