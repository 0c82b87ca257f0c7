import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import chinese from "../../leakguard/page/words/zh.json";
import english from "../../leakguard/page/words/en.json";
import { relation, relations } from "../src/app/phrases";
import { use } from "../src/app/words";

const LABELS = [
  "as an item",
  "as items",
  "as a key",
  "under a str key",
  "under int keys",
  "in an expression",
  "internally",
  "indirectly",
  "cached result",
  "free variable 'original'",
  "local variable 'x'",
  "context variable 'request'",
];
const NAMES = [".carts", "['connect']", "[str]", "[]", "", "toString", "free variables", "constructor"];
const LINES = [
  ["49 × [function] leaky.replace (free variable 'original')  leaky.py:31", "自由变量“original”"],
  ["600 × [shop.Cart] as items  …/shop.py:30", "作为元素"],
  ["[list] .carts (as an item)", "作为元素"],
];

beforeEach(() => use(chinese));

test("in English every relation reads as the server wrote it", () => {
  use(english);
  for (const label of [...LABELS, ...NAMES]) assert.equal(relation(label), label);
  for (const [line = ""] of LINES) assert.equal(relations(line), line);
});

test("in Chinese no relation is left in English, and names stay", () => {
  for (const label of LABELS) assert.match(relation(label), /[\u4e00-\u9fff]/, label);
  for (const name of NAMES) assert.equal(relation(name), name);
});

test("lines of a reference list keep their names and places", () => {
  for (const [line = "", said = ""] of LINES) {
    const told = relations(line);
    assert.ok(told.includes(said), told);
    assert.equal(told.slice(0, 5), line.slice(0, 5));
    assert.ok(told.endsWith(line.slice(-3)) || told.endsWith(")"));
  }
  assert.equal(relations("[module] leaky  leaky.py"), "[module] leaky  leaky.py");
});
