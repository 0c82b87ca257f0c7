import assert from "node:assert/strict";
import { test } from "node:test";

import english from "../../leakguard/page/words/en.json";
import chinese from "../../leakguard/page/words/zh.json";
import { optional, t, use } from "../src/app/words";

const catalogues: Record<string, string>[] = [english, chinese];

test("what the script says is there in every language, with the same places", () => {
  const places = (text: string | undefined): string[] => [...(text ?? "").matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();
  for (const [key, text] of Object.entries(english)) {
    if (!key.startsWith("app.")) continue;
    for (const words of catalogues) {
      assert.ok(words[key], key);
      assert.deepEqual(places(words[key]), places(text), key);
    }
  }
});

test("places are filled, also with what looks like one", () => {
  use(english);
  assert.equal(t("app.page", { first: "1", last: "{total}", total: "$&" }), "1–{total} of $&");
});

test("a key that there is not is said otherwise", () => {
  use(english);
  assert.equal(optional("kind.of-no-kind", "of no kind"), "of no kind");
});
