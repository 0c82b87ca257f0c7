/** One object: what it is, what refers to it, and what it refers to. */

import { get } from "../app/api";
import type { ObjectView as Answer, Reference, References } from "../app/contract";
import { code, el } from "../app/dom";
import { relation, relations } from "../app/phrases";
import { link } from "../app/place";
import { fill } from "../app/states";
import { pager } from "../app/tables";
import { count, size } from "../app/units";
import { t } from "../app/words";
import type { Pane } from "./view";

const PAGE = 50;

export class ObjectView implements Pane {
  readonly element = el("div", { class: "object" });

  async show(image: string, state: Record<string, string>): Promise<void> {
    const node = state["node"];
    if (!node) {
      this.element.replaceChildren(el("p", { class: "empty" }, t("app.object.none")));
      return;
    }
    const offset = Number(state["offset"] ?? 0) || 0;
    await fill(this.element, async () => {
      const answer = await get<Answer>("view/node", { image, node, offset, limit: PAGE });
      const most = Math.max(answer.in.total, answer.out.total);
      return [
        head(answer, image),
        el(
          "div",
          { class: "columns" },
          references(t("app.object.in"), answer.in, image),
          references(t("app.object.out"), answer.out, image),
        ),
        most > PAGE ? pager(most, offset, PAGE) : el("span"),
      ];
    });
  }
}

function head({ node, words }: Answer, image: string): HTMLElement {
  const facts: [string, string][] = [
    [t("app.type"), node.type],
    [t("app.retained"), size(node.retained)],
    [t("app.shallow"), size(node.shallow)],
  ];
  if (node.file) facts.push([t("app.object.made"), node.line ? `${node.file}:${node.line}` : node.file]);
  return el(
    "div",
    { class: "object-head" },
    el("h3", {}, code(node.name || node.type)),
    el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, el("bdi", {}, value))])),
    words.length > 0 ? el("h4", {}, t("app.graph.held")) : null,
    words.length > 0 ? el("ol", { class: "words" }, ...words.map((line) => el("li", {}, el("bdi", {}, relations(line))))) : null,
    el(
      "p",
      { class: "links" },
      el("a", { href: link("graph", { image, node: node.id }) }, t("app.object.graph")),
      el("a", { href: link("explore", { show: "dominators", image, node: node.id }) }, t("app.object.dominators")),
    ),
  );
}

function references(title: string, { total, edges }: References, image: string): HTMLElement {
  const rows = edges.map((edge: Reference) =>
    el(
      "li",
      {},
      edge.label ? el("bdi", { class: "edge" }, `${relation(edge.label)} `) : null,
      el(
        "a",
        { href: link("explore", { show: "object", image, node: edge.id }) },
        code(edge.name || edge.type),
      ),
      edge.name && edge.name !== edge.type ? el("bdi", { class: "of-type" }, ` ${edge.type}`) : null,
    ),
  );
  return el(
    "section",
    {},
    el("h4", {}, `${title} (${count(total)})`),
    rows.length > 0 ? el("ul", { class: "references" }, ...rows) : el("p", { class: "quiet" }, t("app.object.nothing")),
  );
}
