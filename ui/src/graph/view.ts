/** The gravity graph of a suspect: picture, list and words together, their state in the address. */

import { get } from "../app/api";
import type { Graph, GraphNode } from "../app/contract";
import { el } from "../app/dom";
import { type Images, imagePicker } from "../app/images";
import { type Place, change, numbers } from "../app/place";
import { failed, waiting } from "../app/states";
import { count, size } from "../app/units";
import { t } from "../app/words";
import { GraphCanvas } from "./canvas";
import { type Choices, chips, choices, subject } from "./choices";
import { layOut } from "./layout";
import { Openness } from "./openness";
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
  private openness = new Openness();
  private asked = "";
  private chosen: number | null = null;
  private running: AbortController | null = null;
  private chosenFrom: { image: string; choices: Promise<Choices> } | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly images: Images,
  ) {
    this.canvas = new GraphCanvas(
      { hover: (id) => this.tell(id ?? this.chosen), choose: (id) => this.choose(id) },
      palette,
    );
    this.tree = new GraphTree({
      focus: (id) => this.reach(id),
      open: (id) => this.open(id),
      close: (id) => this.close(id),
      leave: () => this.leave(),
    });
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
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.root.classList.add("busy");
    if (!this.graph) this.words.replaceChildren(waiting());
    try {
      await this.ask(state, running.signal);
    } catch (error) {
      if (running.signal.aborted) return;
      this.clear();
      this.words.replaceChildren(failed(error));
    } finally {
      if (this.running === running) this.root.classList.remove("busy");
    }
  }

  private async ask(state: Record<string, string>, signal: AbortSignal): Promise<void> {
    const list = await this.images.having(state["image"]);
    const picker = imagePicker(list, state["image"] ?? list[0]?.id ?? "", (id) =>
      change({ image: id, suspect: null, node: null, expand: null, collapse: null }),
    );
    if (!this.bar.firstElementChild) this.bar.replaceChildren(picker);
    const kept = await this.images.chosen(state["image"]);
    if (signal.aborted) return;
    if (!kept) {
      this.bar.replaceChildren(el("p", { class: "empty" }, t("app.none.images")));
      this.words.replaceChildren();
      return;
    }
    if (this.chosenFrom?.image !== kept.id) this.chosenFrom = { image: kept.id, choices: choices(kept.id) };
    const { choices: known } = this.chosenFrom;
    known.catch(() => (this.chosenFrom = null));
    const drawn = subject(kept, state) ?? (await known).all[0]?.subject;
    if (signal.aborted) return;
    if (!drawn) return this.words.replaceChildren();
    void known.then((all) => !signal.aborted && this.bar.replaceChildren(picker, ...chips(all, drawn)));
    this.image = kept.id;
    const question = { image: kept.id, ...drawn, expand: state["expand"] ?? "", collapse: state["collapse"] ?? "", limit: LIMIT };
    const asked = JSON.stringify(question);
    if (asked === this.asked) return;
    const graph = await get<Graph>("view/graph", question, signal);
    if (signal.aborted) return;
    this.asked = asked;
    this.draw(graph, new Openness(new Set(numbers(state["expand"])), new Set(numbers(state["collapse"]))));
  }

  /** Nothing is drawn: what was is not what was asked for. */
  private clear(): void {
    this.asked = "";
    this.chosen = null;
    this.draw({ nodes: [], edges: [], more: { nodes: 0, bytes: 0 } }, new Openness());
    this.graph = null;
    this.spoken.textContent = "";
  }

  private draw(graph: Graph, openness: Openness): void {
    const before = this.graph?.nodes.length ?? 0;
    const known = new Set(graph.nodes.map((node) => node.id));
    this.graph = graph;
    this.openness = openness;
    this.canvas.show(layOut(graph), openness);
    this.tree.show(graph, openness);
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
    const node = this.node(id);
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
    const node = this.node(id);
    if (!node) return;
    if (this.openness.opens(node)) this.open(id);
    else if (this.openness.closes(node)) this.close(id);
  }

  private open(id: number): void {
    const node = this.node(id);
    if (node) this.go(this.openness.open(node));
  }

  private close(id: number): void {
    const node = this.node(id);
    if (node) this.go(this.openness.close(node));
  }

  /** The numbers of nodes mean something in their image alone: the address names it. */
  private go(openness: Openness): void {
    change({ image: this.image, ...openness.state() });
  }

  /** Back to the suspect, with everything in view. */
  private leave(): void {
    const suspect = this.graph?.nodes.find((node) => node.role === "suspect");
    this.canvas.fit();
    if (suspect) this.tree.go(suspect.id);
  }

  private node(id: number | null): GraphNode | undefined {
    return this.graph?.nodes.find((one) => one.id === id);
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
