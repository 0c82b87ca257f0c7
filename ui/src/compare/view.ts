/** Two images side by side: what grew, by holder and by type. */

import { ServerError, get, post } from "../app/api";
import type { Comparison, KeptImage } from "../app/contract";
import { bar, code, el } from "../app/dom";
import { type Images, imagePicker } from "../app/images";
import { type Place, change } from "../app/place";
import { failed, fill } from "../app/states";
import { change as changed, count, countChange, size } from "../app/units";
import { visible } from "../app/visible";
import { optional, t } from "../app/words";
import { dropZone } from "./files";

export class CompareView {
  private readonly bar = el("div", { class: "toolbar" });
  private readonly result = el("div", { class: "comparison" });

  constructor(
    root: HTMLElement,
    private readonly images: Images,
  ) {
    const drop = dropZone((before, after) => this.files(before, after));
    root.replaceChildren(el("h2", {}, t("section.compare")), el("p", {}, t("compare.explain")), this.bar, this.result, drop);
  }

  async show({ state }: Place): Promise<void> {
    let images;
    try {
      images = await this.images.having(state["from"], state["to"]);
    } catch (error) {
      this.result.replaceChildren(failed(error));
      return;
    }
    let [before, after] = pair(images, state);
    if (images.length < 2) {
      this.bar.replaceChildren();
      return this.say(t("app.compare.few", { count: images.length }));
    }
    if (!after || !before) {
      this.choose(images, { from: before?.id ?? "", to: after?.id ?? "" });
      return fill(this.result, () => Promise.reject(new ServerError(404, t("app.image.gone"))));
    }
    if (before.created > after.created) [before, after] = [after, before];
    const ids = { from: before.id, to: after.id };
    this.choose(images, ids);
    if (before.id === after.id) return this.say(t("app.compare.same"));
    if (before.pid !== after.pid) return this.say(t("app.compare.processes"));
    const heap = t("app.compare.heap", {
      before: size(before.heap_bytes),
      after: size(after.heap_bytes),
      change: changed(after.heap_bytes - before.heap_bytes),
    });
    await fill(this.result, async () => tables(await get<Comparison>("view/compare", ids), heap));
  }

  private choose(images: KeptImage[], ids: { from: string; to: string }): void {
    this.bar.replaceChildren(
      imagePicker(images, ids.from, (from) => change({ ...ids, from }), t("compare.from")),
      imagePicker(images, ids.to, (to) => change({ ...ids, to }), t("compare.to")),
    );
  }

  private say(text: string): Promise<void> {
    return fill(this.result, () => Promise.resolve([el("p", { class: "empty" }, text)]));
  }

  private async files(before: File, after: File): Promise<void> {
    const form = new FormData();
    form.append("from", before);
    form.append("to", after);
    await fill(this.result, async () => {
      const found = await post<Comparison>("view/compare-files", form);
      const [first, second] = found.exchanged ? [after, before] : [before, after];
      return tables(found, `${visible(first.name)} → ${visible(second.name)}`);
    });
  }
}

/** The images that the address names, else the newest and the oldest of its process: only two of one process can be
 *  compared. One that is named and kept no more is undefined. */
function pair(images: KeptImage[], { from, to }: Record<string, string>): [KeptImage | undefined, KeptImage | undefined] {
  const named = (id: string): KeptImage | undefined => images.find((image) => image.id === id);
  const oldest = (one: KeptImage | undefined): KeptImage | undefined =>
    images.filter((image) => image.pid === one?.pid && image !== one).pop();
  const chosen = from ? named(from) : undefined;
  const newest = images.find((image) => image.id !== from && (chosen ? image.pid === chosen.pid : oldest(image)));
  const after = to ? named(to) : (newest ?? images.find((image) => image.id !== from));
  return [from ? chosen : (oldest(after) ?? images.filter((image) => image !== after).pop()), after];
}

function tables({ holders, types }: Comparison, title: string): Node[] {
  const most = Math.max(1, ...holders.map((row) => Math.abs(row.growth)));
  const largest = Math.max(1, ...types.map((row) => Math.abs(row.bytes_after - row.bytes_before)));
  return [
    el("p", { class: "lead" }, title),
    el("h3", {}, t("app.compare.holders")),
    holders.length === 0
      ? el("p", { class: "empty" }, t("compare.no_growth"))
      : table(
          [t("compare.holder"), t("suspect.kind"), t("app.compare.before"), t("app.compare.after"), t("app.compare.growth"), t("app.objects")],
          2,
          holders.map((row) => [
            code(row.holder),
            row.kind ? optional(`kind.${row.kind}`, row.kind) : "",
            size(row.before),
            size(row.after),
            growth(row.growth, changed(row.growth), most),
            count(row.objects),
          ]),
        ),
    el("h3", {}, t("app.compare.types")),
    types.length === 0
      ? el("p", { class: "empty" }, t("app.compare.alike"))
      : table(
          [t("app.type"), t("app.compare.before"), t("app.compare.after"), t("app.objects"), t("app.compare.growth")],
          1,
          types.map((row) => [
            code(row.type),
            count(row.count_before),
            count(row.count_after),
            countChange(row.count_after - row.count_before),
            growth(row.bytes_after - row.bytes_before, changed(row.bytes_after - row.bytes_before), largest),
          ]),
        ),
  ];
}

function growth(amount: number, text: string, most: number): HTMLElement {
  return el("span", { class: "growth" }, text, bar(Math.abs(amount) / most, amount > 0 ? "grown" : "shrunk"));
}

/** `words` columns are words, the others numbers. */
function table(titles: string[], words: number, rows: (Node | string)[][]): HTMLElement {
  const kind = (at: number): string | null => (at < words ? null : "number");
  const head = titles.map((title, at) => el("th", { scope: "col", class: kind(at) }, title));
  const body = rows.map((row) =>
    el("tr", {}, ...row.map((cell, at) => (at === 0 ? el("th", { scope: "row" }, cell) : el("td", { class: kind(at) }, cell)))),
  );
  return el("div", { class: "scroll", tabindex: 0 }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body)));
}
