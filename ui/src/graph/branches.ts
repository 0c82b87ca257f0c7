/** The graph as a tree, for the list beside the picture: each node once, below what refers to it. */

import type { Graph, GraphEdge, GraphNode } from "../app/contract";
import { relation } from "../app/phrases";
import { count } from "../app/units";
import { t } from "../app/words";

/** What a node is called: its name, else its type; what stands for all the rest in the page's language. */
export function title(node: GraphNode): string {
  if (node.role === "rest") return t("app.graph.rest.name", { nodes: count(node.count) });
  return node.count > 1 ? `${node.name || node.type} × ${count(node.count)}` : node.name || node.type;
}

export interface Branch {
  node: GraphNode;
  /** How the node above refers to it, empty at the top. */
  label: string;
  level: number;
  parent: number | null;
  children: number[];
}

/** Breadth first from the chain's root (or from what nothing refers to), the chain and the largest first. */
export function branches(graph: Graph): Map<number, Branch> {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const out = new Map<number, GraphEdge[]>();
  const entered = new Set<number>();
  for (const edge of graph.edges) {
    if (!nodes.has(edge.from) || !nodes.has(edge.to)) continue;
    const listed = out.get(edge.from);
    if (listed) listed.push(edge);
    else out.set(edge.from, [edge]);
    entered.add(edge.to);
  }
  const found = new Map<number, Branch>();
  const tops = graph.nodes.filter((node) => !entered.has(node.id));
  for (const top of [...tops, ...graph.nodes]) {
    if (found.has(top.id)) continue;
    const queue: Branch[] = [{ node: top, label: "", level: 1, parent: null, children: [] }];
    found.set(top.id, queue[0] as Branch);
    for (let branch = queue.shift(); branch; branch = queue.shift()) {
      const edges = (out.get(branch.node.id) ?? []).sort((one, other) => order(one, other, nodes));
      for (const edge of edges) {
        const node = nodes.get(edge.to);
        if (!node || found.has(edge.to)) continue;
        const below: Branch = {
          node,
          label: relation(edge.label),
          level: branch.level + 1,
          parent: branch.node.id,
          children: [],
        };
        found.set(edge.to, below);
        branch.children.push(edge.to);
        queue.push(below);
      }
    }
  }
  return found;
}

function order(one: GraphEdge, other: GraphEdge, nodes: Map<number, GraphNode>): number {
  const rank = (edge: GraphEdge): number => {
    const node = nodes.get(edge.to);
    return edge.chain ? Infinity : node?.role === "rest" ? -1 : (node?.retained ?? 0);
  };
  const [a, b] = [rank(one), rank(other)];
  return a === b ? one.to - other.to : b - a;
}

/** The ids in the order in which the list shows them: each above what is below it. */
export function listed(tree: Map<number, Branch>): number[] {
  const ids: number[] = [];
  const visit = (id: number): void => {
    ids.push(id);
    tree.get(id)?.children.forEach(visit);
  };
  for (const [id, branch] of tree) if (branch.parent === null) visit(id);
  return ids;
}
