/** The gravity graph of a suspect: picture, list and words together, their state in the address. */

import { get } from "../app/api";
import type { Graph, Suspect } from "../app/contract";
import { code, el } from "../app/dom";
import { type Images, imagePicker } from "../app/images";
import { type Place, change, numbers } from "../app/place";
import { failed, waiting } from "../app/states";
import { count, size } from "../app/units";
import { t } from "../app/words";
import { GraphCanvas } from "./canvas";
import { layOut } from "./layout";
import { onRecolour, palette } from "./palette";
import { told } from "./panel";
import { GraphTree } from "./tree";

const LIMIT = 300;

export class GraphView {
  private readonly canvas: GraphCanvas;
  private readonly tree: GraphTree;
  private readonly stage = el("div", { class: "graph-stage" });
  private readonly words = el("div", { class: "graph-words", "aria-live": "off" });
  private readonly spoken = el("p", { class: "unseen", role: "status" });
  private readonly bar = el("div", { class: "toolbar" });
  private readonly more = el("p", { class: "quiet graph-more" });
  private graph: Graph | null = null;
  private image = "";
  private expanded: Set<number> = new Set();
  private asked = "";
  private chosen: number | null = null;
  private running: AbortController | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly images: Images,
  ) {
    this.canvas = new GraphCanvas(
      { hover: (id) => this.tell(id ?? this.chosen), choose: (id) => this.choose(id) },
      palette,
    );
    this.tree = new GraphTree({ focus: (id) => this.reach(id), toggle: (id) => this.toggle(id) });
    onRecolour(() => this.canvas.redraw());
    this.stage.append(this.canvas.element, this.controls());
    const side = el("aside", { class: "graph-side" }, this.words, el("h3", {}, t("app.graph.list")), this.tree.element);
    const picture = el("div", { class: "graph-picture" }, this.stage, this.more, legend());
    const keys = el("p", { class: "quiet" }, t("app.graph.help"));
    root.replaceChildren(
      el("h2", {}, t("app.graph.title")),
      this.bar,
      el("div", { class: "graph" }, picture, side),
      keys,
      this.spoken,
    );
  }

  async show({ state }: Place): Promise<void> {
    const kept = await this.images.chosen(state["image"]);
    if (!kept) {
      this.bar.replaceChildren(el("p", { class: "empty" }, t("app.none.images")));
      return;
    }
    this.image = kept.id;
    const subject = state["node"] ? { node: state["node"] } : { suspect: state["suspect"] ?? "1" };
    const question = { image: kept.id, ...subject, expand: state["expand"] ?? "", limit: LIMIT };
    const asked = JSON.stringify(question);
    if (asked === this.asked) return;
    this.asked = asked;
    this.running?.abort();
    this.running = new AbortController();
    this.root.classList.add("busy");
    void this.choices(kept.id, state["suspect"] ?? (state["node"] ? "" : "1"));
    if (!this.graph) this.words.replaceChildren(waiting());
    try {
      const graph = await get<Graph>("view/graph", question, this.running.signal);
      this.draw(graph, new Set(numbers(state["expand"])));
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.asked = "";
      this.words.replaceChildren(failed(error));
    } finally {
      this.root.classList.remove("busy");
    }
  }

  private draw(graph: Graph, expanded: Set<number>): void {
    const before = this.graph?.nodes.length ?? 0;
    const known = new Set(graph.nodes.map((node) => node.id));
    this.graph = graph;
    this.expanded = expanded;
    this.canvas.show(layOut(graph), expanded);
    this.tree.show(graph, expanded);
    if (this.chosen === null || !known.has(this.chosen)) {
      this.chosen = graph.nodes.find((node) => node.role === "suspect")?.id ?? graph.nodes[0]?.id ?? null;
    }
    if (this.chosen !== null) this.tree.mark(this.chosen);
    this.canvas.mark(this.chosen);
    this.tell(this.chosen);
    const { more } = graph;
    this.more.textContent = more.nodes > 0 ? t("app.graph.more", { nodes: count(more.nodes), bytes: size(more.bytes) }) : "";
    this.spoken.textContent =
      before > 0
        ? t("app.graph.changed", { before, after: graph.nodes.length })
        : t("app.graph.shown", { nodes: graph.nodes.length });
    this.root.dataset["nodes"] = String(graph.nodes.length);
  }

  private tell(id: number | null): void {
    const node = this.graph?.nodes.find((one) => one.id === id);
    if (node) this.words.replaceChildren(told(node, this.image));
  }

  private reach(id: number): void {
    this.chosen = id;
    this.canvas.mark(id);
    this.tell(id);
  }

  private choose(id: number): void {
    this.reach(id);
    this.tree.mark(id);
    this.toggle(id);
  }

  private toggle(id: number): void {
    const node = this.graph?.nodes.find((one) => one.id === id);
    if (!node) return;
    const next = new Set(this.expanded);
    if (!next.delete(id)) {
      if (!node.expandable) return;
      next.add(id);
    }
    change({ expand: next.size > 0 ? [...next].sort((one, other) => one - other).join(",") : null });
  }

  private controls(): HTMLElement {
    const button = (label: string, sign: string, act: () => void): HTMLElement =>
      el("button", { type: "button", class: "plain", "aria-label": label, title: label, onclick: act }, sign);
    return el(
      "div",
      { class: "graph-controls" },
      button(t("app.graph.larger"), "+", () => this.canvas.zoomBy(1.3)),
      button(t("app.graph.smaller"), "−", () => this.canvas.zoomBy(1 / 1.3)),
      button(t("app.graph.fit"), "⤢", () => this.canvas.fit()),
    );
  }

  /** Which snapshot, and which of its suspects. */
  private async choices(image: string, rank: string): Promise<void> {
    const picker = imagePicker(await this.images.list(), image, (id) =>
      change({ image: id, suspect: "1", node: null, expand: null }),
    );
    this.bar.replaceChildren(picker);
    const { suspects } = await get<{ suspects: Suspect[] }>("view/suspects", { image });
    if (suspects.length === 0) {
      this.bar.append(el("span", { class: "quiet" }, t("app.none.suspects")));
      return;
    }
    const tabs = suspects.slice(0, 8).map((suspect) =>
      el(
        "button",
        {
          type: "button",
          class: "chip",
          "aria-pressed": String(String(suspect.rank) === rank),
          onclick: () => change({ suspect: String(suspect.rank), node: null, expand: null }),
        },
        el("span", { class: "rank" }, String(suspect.rank)),
        code(suspect.holder),
        el("span", { class: "amount" }, size(suspect.retained_bytes)),
      ),
    );
    this.bar.append(el("div", { class: "chips", role: "group", "aria-label": t("app.suspects") }, ...tabs));
  }
}

function legend(): HTMLElement {
  const entry = (role: string, text: string): HTMLElement =>
    el("li", { class: `role-${role}` }, el("span", { class: "dot", "aria-hidden": "true" }), text);
  return el(
    "ul",
    { class: "legend", "aria-label": t("app.legend") },
    entry("suspect", t("app.role.suspect")),
    entry("chain", t("app.role.chain")),
    entry("ordinary", t("app.role.ordinary")),
    entry("rest", t("app.role.rest")),
  );
}
