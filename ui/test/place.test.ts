import assert from "node:assert/strict";
import { test } from "node:test";

import { format, link, numbers, parse } from "../src/app/place";

test("a place survives being written as an address and read again", () => {
  const places = [
    { view: "overview", state: {} },
    { view: "graph", state: { image: "4242-3", suspect: "2", expand: "3,14,159" } },
    { view: "explore", state: { show: "types", search: "<b>&\"'=#%,+ 中文" } },
    { view: "compare", state: { from: "a", to: "b" } },
  ] as const;
  for (const place of places) assert.deepEqual(parse(format(place)), place);
});

test("equal states have equal addresses, whatever order they were made in", () => {
  assert.equal(link("graph", { suspect: 1, image: "x" }), link("graph", { image: "x", suspect: 1 }));
});

test("what is empty or unknown is left out", () => {
  assert.equal(link("explore", { image: null, show: "types", search: "" }), "#explore?show=types");
});

test("sections are reached by the names that they have without a script", () => {
  assert.equal(parse("#lg-graph").view, "graph");
  assert.equal(parse("#lg-routes").view, "overview");
  assert.equal(parse("").view, "overview");
  assert.equal(parse("#constructor").view, "overview");
});

test("lists of numbers leave out what is none", () => {
  assert.deepEqual(numbers("3,14"), [3, 14]);
  assert.deepEqual(numbers("3,x,-1,,4"), [3, 4]);
  assert.deepEqual(numbers(undefined), []);
});
