/** The colours of pictures: the style sheet's, so that light and dark are decided in one place. */

import type { Palette } from "./painter";

export function styled(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

let known: Palette | null = null;

export function palette(): Palette {
  known ??= {
    paper: styled("picture"),
    ink: styled("ink"),
    faint: styled("picture-quiet"),
    line: styled("edge"),
    chain: styled("chain"),
    chainInk: styled("chain-ink"),
    suspect: styled("suspect"),
    ordinary: styled("ordinary"),
    onNode: styled("on-node"),
  };
  return known;
}

/** Calls `redraw` whenever light changes to dark or back. */
export function onRecolour(redraw: () => void): void {
  const changed = (): void => {
    known = null;
    redraw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
