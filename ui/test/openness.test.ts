import assert from "node:assert/strict";
import { test } from "node:test";

import type { GraphNode } from "../src/app/contract";
import { Openness } from "../src/graph/openness";

function node(expandable: boolean, opened: boolean): GraphNode {
  return { id: 7, type: "", name: "", retained: 1, shallow: 1, count: 1, role: "ordinary", expandable, opened, words: [] };
}

test("a closed node opens, and closes again as it was", () => {
  const closed = new Openness();
  const before = node(true, false);
  assert.ok(closed.opens(before) && !closed.closes(before));
  const open = closed.open(before);
  assert.deepEqual(open.state(), { expand: "7", collapse: null });
  const now = node(false, false);
  assert.ok(!open.opens(now) && open.closes(now));
  assert.deepEqual(open.close(now).state(), { expand: null, collapse: null });
});

test("what was drawn unasked is put away, and comes back", () => {
  const drawn = new Openness();
  const unasked = node(false, true);
  assert.ok(!drawn.opens(unasked) && drawn.closes(unasked));
  const away = drawn.close(unasked);
  assert.deepEqual(away.state(), { expand: null, collapse: "7" });
  const put = node(true, false);
  assert.ok(away.opens(put) && !away.closes(put));
  assert.deepEqual(away.open(put).state(), { expand: null, collapse: null });
});

test("what is partly drawn opens further, and then closes at once", () => {
  const whole = new Openness().open(node(true, true));
  assert.deepEqual(whole.state(), { expand: "7", collapse: null });
  assert.deepEqual(whole.close(node(false, true)).state(), { expand: null, collapse: "7" });
});
