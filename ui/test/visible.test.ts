import assert from "node:assert/strict";
import { test } from "node:test";

import { visible } from "../src/app/visible";

test("what cannot be seen, or turns the direction of writing, is escaped", () => {
  assert.equal(visible("a\u202egnp.exe"), "a\\u202egnp.exe");
  assert.equal(visible("a\u0000b\nc\td\u2028e\u200bf"), "a\\x00b\\nc\\td\\u2028e\\u200bf");
  assert.equal(visible("tag \u{e0041}"), "tag \\U000e0041");
  assert.equal(visible("half \ud800"), "half \\ud800");
});

test("what can be seen stays", () => {
  const text = "<img onerror='x'> \"é\" 中文 שלום × …";
  assert.equal(visible(text), text);
});
