/** A place to drop two image files on. */

import { el } from "../app/dom";
import { t } from "../app/words";

export function dropZone(compare: (before: File, after: File) => Promise<void>): HTMLElement {
  const said = el("p", { class: "quiet", role: "status" });
  const input = el("input", { type: "file", multiple: true, accept: ".lgheap", class: "unseen", id: "compare-files" });
  const zone = el(
    "div",
    { class: "drop" },
    el("p", {}, t("app.compare.drop")),
    el("p", {}, input, el("label", { class: "button", for: "compare-files" }, t("app.compare.choose"))),
    said,
  );
  const take = (files: readonly File[]): void => {
    const [one, other] = files;
    if (!one || !other || files.length !== 2) {
      said.textContent = t("app.compare.two");
      return;
    }
    // the older of the two is the one to compare with
    const [before, after] = one.lastModified <= other.lastModified ? [one, other] : [other, one];
    said.textContent = "";
    void compare(before, after);
  };
  input.addEventListener("change", () => take([...(input.files ?? [])]));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take([...(event.dataTransfer?.files ?? [])]);
  });
  return zone;
}
