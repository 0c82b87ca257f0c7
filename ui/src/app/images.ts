/** The snapshots that the server keeps. */

import { ServerError, get } from "./api";
import type { KeptImage } from "./contract";
import { el } from "./dom";
import { clock, count, size } from "./units";
import { t } from "./words";

export class Images {
  private known: Promise<KeptImage[]> | null = null;

  /** The newest first. */
  list(): Promise<KeptImage[]> {
    this.known ??= get<{ images: KeptImage[] }>("images").then((answer) => answer.images);
    this.known.catch(() => this.forget());
    return this.known;
  }

  /** To be called after a snapshot. */
  forget(): void {
    this.known = null;
  }

  /** The list, asked for anew where it has not all of these. */
  async having(...ids: (string | undefined)[]): Promise<KeptImage[]> {
    const images = await this.list();
    if (ids.every((id) => !id || images.some((image) => image.id === id))) return images;
    this.forget();
    return this.list();
  }

  /** The image of that id, the newest where none is asked for. Throws if it is kept no more: what a
   *  link says of one image is not so in another. */
  async chosen(id: string | undefined): Promise<KeptImage | undefined> {
    const images = await this.having(id);
    const found = id ? images.find((image) => image.id === id) : images[0];
    if (!found && images.length > 0) throw new ServerError(404, t("app.image.gone"));
    return found;
  }
}

/** One image in words: when it was taken, of which process, how large the heap was. */
export function named(image: KeptImage): string {
  return t("app.image", {
    time: clock(image.created, true),
    pid: image.pid,
    objects: count(image.objects),
    bytes: size(image.heap_bytes),
  });
}

/** A choice among the images. */
export function imagePicker(
  images: KeptImage[],
  chosen: string,
  choose: (id: string) => void,
  label: string = t("app.snapshot"),
): HTMLElement {
  const select = el(
    "select",
    { onchange: (event: Event) => choose((event.target as HTMLSelectElement).value) },
    images.some((image) => image.id === chosen) ? null : el("option", { value: "", selected: true }, "…"),
    ...images.map((image) => el("option", { value: image.id, selected: image.id === chosen }, named(image))),
  );
  return el("label", { class: "picker" }, el("span", {}, label), select);
}
