/** What the pointer or the focus is on, in words: the reference list from the root down to it. */

import type { GraphNode } from "../app/contract";
import { el } from "../app/dom";
import { relations } from "../app/phrases";
import { link } from "../app/place";
import { count, size } from "../app/units";
import { t } from "../app/words";
import { title } from "./branches";

/** The panel's content for a node. */
export function told(node: GraphNode, image: string): HTMLElement {
  const lines = node.words.map((words) => el("li", {}, el("bdi", {}, relations(words))));
  const repeated = node.count > 1 && node.role !== "rest";
  return el(
    "div",
    { class: "told" },
    el("h3", {}, el("bdi", { class: "code" }, node.role === "rest" ? title(node) : node.name || node.type)),
    el(
      "dl",
      { class: "facts" },
      ...fact(t("app.retained"), size(node.retained)),
      ...fact(t("app.shallow"), size(node.shallow)),
      ...(repeated ? fact(t("app.repeats"), `× ${count(node.count)}`) : []),
      ...(node.name && node.name !== node.type ? fact(t("app.type"), node.type) : []),
    ),
    lines.length > 0 ? el("h4", {}, t("app.graph.held")) : null,
    lines.length > 0 ? el("ol", { class: "words" }, ...lines) : null,
    node.role === "rest"
      ? el("p", { class: "quiet" }, t("app.graph.rest"))
      : node.placed === false
        ? null
        : el(
            "p",
            {},
            el("a", { href: link("explore", { show: "object", node: node.id, image }) }, t("app.graph.open")),
          ),
  );
}

function fact(name: string, value: string): HTMLElement[] {
  return [el("dt", {}, name), el("dd", {}, value)];
}
