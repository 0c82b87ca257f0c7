/** A place to drop two image files on. */

import { el } from "../app/dom";
import { visible } from "../app/visible";
import { t } from "../app/words";

/** As leakguard/image/format.py has it. */
const SIGNATURE = [0x89, 0x4c, 0x47, 0x48, 0x45, 0x41, 0x50, 0x0a];

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
  const take = async (files: readonly File[]): Promise<void> => {
    const [one, other] = files;
    if (!one || !other || files.length !== 2) {
      said.textContent = t("app.compare.two");
      return;
    }
    const wrong = (await isImage(one)) ? ((await isImage(other)) ? null : other) : one;
    said.textContent = wrong ? t("app.compare.no_image", { name: visible(wrong.name) }) : "";
    if (!wrong) await compare(one, other);
  };
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = ""; // the same files may be chosen again
    void take(files);
  });
  // files may be dropped anywhere: the browser would leave the page for one that misses
  addEventListener("dragover", (event) => {
    if (!zone.checkVisibility() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) zone.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!zone.checkVisibility() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.remove("over");
    void take([...event.dataTransfer.files]);
  });
  return zone;
}

/** Whether a file begins as every heap image does: what does not need not be sent. */
async function isImage(file: File): Promise<boolean> {
  try {
    const start = new Uint8Array(await file.slice(0, SIGNATURE.length).arrayBuffer());
    return SIGNATURE.every((byte, at) => start[at] === byte);
  } catch {
    return false; // a directory, or a file that is gone
  }
}
