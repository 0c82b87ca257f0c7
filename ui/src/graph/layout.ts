/** Where the nodes of a graph lie. The same graph lies the same way each time, on every machine. */

import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";

import type { Graph, GraphEdge, GraphNode } from "../app/contract";

export interface Placed extends SimulationNodeDatum {
  node: GraphNode;
  radius: number;
  x: number;
  y: number;
  /** The place on the chain from the root to what piles up, -1 off the chain. */
  step: number;
}

export interface Drawn extends SimulationLinkDatum<Placed> {
  edge: GraphEdge;
  source: Placed;
  target: Placed;
}

export interface Layout {
  nodes: Placed[];
  edges: Drawn[];
  simulation: Simulation<Placed, Drawn>;
}

const LARGEST = 54;
const SMALLEST = 5;
const HAIR = 0.5;
const CHAIN_STEP = 190;
/** A chain longer than this turns back at its end, as a line of writing does that goes both ways. */
const LONGEST_ROW = 5;
/** Steps to rest, for few nodes and for many: many rest sooner, and each step takes them longer. */
const MOST_TICKS = 240;
const LEAST_TICKS = 120;
const TICKS_BY_NODES = 20_000;

/** Positions for `graph`, after a fixed number of steps from places that depend on the graph alone. */
export function layOut(graph: Graph): Layout {
  const steps = chainSteps(graph);
  const nodes = graph.nodes.map((node) => place(node, graph, steps));
  const byId = new Map(nodes.map((placed) => [placed.node.id, placed]));
  const edges: Drawn[] = [];
  for (const edge of graph.edges) {
    const source = byId.get(edge.from);
    const target = byId.get(edge.to);
    if (source && target && source !== target) edges.push({ edge, source, target });
  }
  scatter(nodes, edges);
  const simulation = forces(nodes, edges);
  simulation.tick(ticks(nodes.length));
  return { nodes, edges, simulation };
}

/** The radius of a node: its area is what it retains; but what is too small to be pointed at is drawn larger, and
 *  what retains as much as the suspect by a hair smaller, so that the suspect is the largest. */
export function radius(node: GraphNode, largest: number): number {
  const share = largest > 0 ? Math.min(1, node.retained / largest) : 0;
  const grown = Math.max(SMALLEST, LARGEST * Math.sqrt(share));
  return node.role === "suspect" ? LARGEST : Math.min(grown, LARGEST - HAIR);
}

function place(node: GraphNode, graph: Graph, steps: Map<number, number>): Placed {
  const suspects = graph.nodes.filter((one) => one.role === "suspect");
  const measured = suspects.length > 0 ? suspects : graph.nodes;
  const largest = Math.max(...measured.map((one) => one.retained), 0);
  return { node, radius: radius(node, largest), x: 0, y: 0, step: steps.get(node.id) ?? -1 };
}

/** How far along the chain each of its nodes is, the root first. */
export function chainSteps(graph: Graph): Map<number, number> {
  const next = new Map<number, number>();
  const entered = new Set<number>();
  for (const edge of graph.edges) {
    if (edge.chain && !next.has(edge.from)) {
      next.set(edge.from, edge.to);
      entered.add(edge.to);
    }
  }
  const steps = new Map<number, number>();
  let at = [...next.keys()].find((id) => !entered.has(id));
  while (at !== undefined && !steps.has(at)) {
    steps.set(at, steps.size);
    at = next.get(at);
  }
  return steps;
}

/** First places: the chain on a line, everything else around what refers to it, by its rank there. */
function scatter(nodes: Placed[], edges: Drawn[]): void {
  const chain = nodes.filter((placed) => placed.step >= 0);
  for (const placed of chain) {
    [placed.x, placed.y] = onChain(placed.step, chain.length);
  }
  const settled = new Set(chain.length > 0 ? chain : nodes.slice(0, 1));
  const ranks = new Map<Placed, number>();
  let waiting = edges.filter((drawn) => !settled.has(drawn.target));
  while (waiting.length > 0) {
    const later: Drawn[] = [];
    let moved = false;
    for (const drawn of waiting) {
      if (settled.has(drawn.target)) continue;
      if (!settled.has(drawn.source)) {
        later.push(drawn);
        continue;
      }
      const rank = ranks.get(drawn.source) ?? 0;
      ranks.set(drawn.source, rank + 1);
      around(drawn.target, drawn.source, rank);
      settled.add(drawn.target);
      moved = true;
    }
    waiting = later;
    if (!moved) break;
  }
  nodes.filter((placed) => !settled.has(placed)).forEach((placed, rank) => around(placed, { x: 0, y: 160 }, rank));
}

/** On a spiral of golden angles, so that any number of neighbours spreads evenly. */
function around(placed: Placed, centre: { x: number; y: number }, rank: number): void {
  const angle = 1.1 + rank * Math.PI * (3 - Math.sqrt(5));
  const distance = 70 + 16 * Math.sqrt(rank);
  placed.x = centre.x + distance * Math.cos(angle);
  placed.y = centre.y + distance * Math.sin(angle);
}

function ticks(nodes: number): number {
  return Math.max(LEAST_TICKS, Math.min(MOST_TICKS, Math.round(TICKS_BY_NODES / nodes)));
}

function forces(nodes: Placed[], edges: Drawn[]): Simulation<Placed, Drawn> {
  const along = nodes.filter((placed) => placed.step >= 0).length;
  const link = forceLink<Placed, Drawn>(edges)
    .distance((drawn) => drawn.source.radius + drawn.target.radius + (drawn.edge.chain ? 90 : 46))
    .strength((drawn) => (drawn.edge.chain ? 0.9 : 0.5));
  return forceSimulation<Placed, Drawn>(nodes)
    .stop()
    .alphaDecay(1 - 0.002 ** (1 / ticks(nodes.length)))
    .force("link", link)
    .force("charge", forceManyBody<Placed>().strength((placed) => -110 - 7 * placed.radius).distanceMax(700))
    .force("collide", forceCollide<Placed>((placed) => placed.radius + 11).iterations(2))
    .force("x", forceX<Placed>((placed) => (placed.step < 0 ? 0 : onChain(placed.step, along)[0])).strength((placed) => (placed.step < 0 ? 0.015 : 0.25)))
    .force("y", forceY<Placed>((placed) => (placed.step < 0 ? 0 : onChain(placed.step, along)[1])).strength((placed) => (placed.step < 0 ? 0.03 : 0.3)));
}

/** Where a step of a chain of `along` steps belongs. */
function onChain(step: number, along: number): [number, number] {
  const rows = Math.ceil(along / LONGEST_ROW);
  const columns = Math.ceil(along / rows);
  const row = Math.floor(step / columns);
  const column = row % 2 === 0 ? step % columns : columns - 1 - (step % columns);
  return [(column - (columns - 1) / 2) * CHAIN_STEP, (row - (rows - 1) / 2) * CHAIN_STEP * 0.9];
}
