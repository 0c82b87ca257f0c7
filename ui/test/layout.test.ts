import assert from "node:assert/strict";
import { test } from "node:test";

import type { Graph, GraphNode } from "../src/app/contract";
import { branches, listed } from "../src/graph/branches";
import { chainSteps, layOut } from "../src/graph/layout";

function node(id: number, retained: number, role: GraphNode["role"] = "ordinary"): GraphNode {
  const closed = { expandable: false, opened: false };
  return { id, type: "list", name: "", retained, shallow: 10, count: 1, role, ...closed, words: [] };
}

/** A chain 1 → 2 → 3 (2 is the suspect), and `leaves` below 3 as a tree of three children each. */
function made(leaves: number): Graph {
  const nodes = [node(2, 1_000_000, "suspect"), node(1, 500, "chain"), node(3, 900_000, "chain")];
  const edges = [
    { from: 1, to: 2, label: ".a", chain: true },
    { from: 2, to: 3, label: "[]", chain: true },
  ];
  for (let at = 0; at < leaves; at++) {
    nodes.push(node(10 + at, (at * 7919) % 5000));
    edges.push({ from: at < 3 ? 3 : 10 + Math.floor(at / 3) - 1, to: 10 + at, label: "[]", chain: false });
  }
  return { nodes, edges, more: { nodes: 0, bytes: 0 } };
}

test("the same graph lies the same way each time", () => {
  const places = (): [number, number][] => layOut(made(80)).nodes.map((placed) => [placed.x, placed.y]);
  assert.deepEqual(places(), places());
});

test("every node has a finite place, and none lies in the middle of another", () => {
  const { nodes } = layOut(made(297));
  for (const placed of nodes) assert.ok(Number.isFinite(placed.x) && Number.isFinite(placed.y));
  for (const [at, one] of nodes.entries()) {
    for (const other of nodes.slice(at + 1)) {
      const apart = Math.hypot(one.x - other.x, one.y - other.y);
      assert.ok(apart > Math.max(one.radius, other.radius), `${one.node.id} covers ${other.node.id}`);
    }
  }
});

test("nothing is drawn larger than the suspect", () => {
  const graph = made(40);
  graph.nodes.push(node(99, 9_000_000, "chain"));
  const { nodes } = layOut(graph);
  const suspect = nodes.find((placed) => placed.node.role === "suspect");
  assert.ok(suspect && nodes.every((placed) => placed === suspect || placed.radius < suspect.radius));
});

test("an area is what a node retains", () => {
  const graph = made(0);
  graph.nodes.push(node(50, 250_000), node(51, 62_500));
  const radius = (id: number): number => layOut(graph).nodes.find((placed) => placed.node.id === id)?.radius ?? 0;
  assert.ok(Math.abs(radius(50) / radius(51) - 2) < 1e-9);
  // what retains as much as the suspect is smaller by next to nothing
  graph.nodes.push(node(52, 1_000_000));
  const share = (radius(52) / radius(2)) ** 2;
  assert.ok(share > 0.98 && share < 1);
});

test("the chain is read from its root on", () => {
  assert.deepEqual([...chainSteps(made(5))], [[1, 0], [2, 1], [3, 2]]);
});

test("a chain that leads back to itself comes to an end", () => {
  const graph = made(0);
  graph.edges.push({ from: 3, to: 1, label: ".back", chain: true });
  assert.ok(layOut(graph).nodes.length === 3);
});

test("the list has each node once, each below one that refers to it", () => {
  const graph = made(60);
  graph.edges.push({ from: 20, to: 3, label: ".again", chain: false });
  const tree = branches(graph);
  const ids = listed(tree);
  assert.equal(ids.length, graph.nodes.length);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids.slice(0, 3), [1, 2, 3]);
  for (const branch of tree.values()) {
    if (branch.parent === null) continue;
    assert.ok(graph.edges.some((edge) => edge.from === branch.parent && edge.to === branch.node.id));
    assert.equal(branch.level, (tree.get(branch.parent)?.level ?? 0) + 1);
  }
});

test("nodes in a circle that nothing enters are listed too", () => {
  const nodes = [node(1, 5), node(2, 5)];
  const edges = [
    { from: 1, to: 2, label: "", chain: false },
    { from: 2, to: 1, label: "", chain: false },
  ];
  assert.deepEqual(listed(branches({ nodes, edges, more: { nodes: 0, bytes: 0 } })), [1, 2]);
});
