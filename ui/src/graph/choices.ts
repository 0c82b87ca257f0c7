/** Of what a graph can be drawn: the suspects of an image, and its largest objects where there are none. */

import { get } from "../app/api";
import type { Dominators, KeptImage, Suspect } from "../app/contract";
import { code, el } from "../app/dom";
import { change } from "../app/place";
import { size } from "../app/units";
import { t } from "../app/words";

const MOST = 8;

export interface Choice {
  /** What is asked of the server: a suspect, or a node. */
  subject: { suspect: string } | { node: string };
  name: string;
  retained: number;
}

export interface Choices {
  suspects: boolean;
  all: Choice[];
}

/** The choices in an image, the weightiest first. */
export async function choices(image: string): Promise<Choices> {
  const { suspects } = await get<{ suspects: Suspect[] }>("view/suspects", { image });
  if (suspects.length > 0) {
    const all = suspects.map(({ rank, holder, retained_bytes }) => ({
      subject: { suspect: String(rank) },
      name: holder,
      retained: retained_bytes,
    }));
    return { suspects: true, all };
  }
  const { children } = await get<Dominators>("view/dominators", { image, node: "root", offset: 0, limit: MOST });
  const all = children.map(({ id, name, type, retained }) => ({
    subject: { node: String(id) },
    name: name || type,
    retained,
  }));
  return { suspects: false, all };
}

/** What the address asks for, as far as it can be known without asking the server. */
export function subject(kept: KeptImage, state: Record<string, string>): Choice["subject"] | null {
  if (state["node"]) return { node: state["node"] };
  const suspect = state["suspect"] ?? "1";
  // a rank that there is not would be an error to the server
  return kept.suspects !== null && Number(suspect) <= kept.suspects ? { suspect } : null;
}

/** Buttons for the choices; the one that is drawn is pressed. */
export function chips({ suspects, all }: Choices, drawn: Choice["subject"]): HTMLElement[] {
  const buttons = all.slice(0, MOST).map((choice) =>
    el(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": String(same(choice.subject, drawn)),
        onclick: () => change({ suspect: null, node: null, expand: null, collapse: null, ...choice.subject }),
      },
      "suspect" in choice.subject ? el("span", { class: "rank" }, choice.subject.suspect) : null,
      code(choice.name),
      el("span", { class: "amount" }, size(choice.retained)),
    ),
  );
  const label = suspects ? t("app.suspects") : t("app.graph.largest");
  const group = el("div", { class: "chips", role: "group", "aria-label": label }, ...buttons);
  if (suspects) return [group];
  return [el("p", { class: "quiet" }, t("app.none.suspects"), " ", t("app.graph.largest")), group];
}

function same(one: Choice["subject"], other: Choice["subject"]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
