/** Which nodes of a graph are open: what the reader opened and closed, beside what was drawn unasked. */

import type { GraphNode } from "../app/contract";

export class Openness {
  constructor(
    private readonly expanded: ReadonlySet<number> = new Set(),
    private readonly collapsed: ReadonlySet<number> = new Set(),
  ) {}

  /** Whether more of what hangs on a node can be drawn. */
  opens(node: GraphNode): boolean {
    return node.expandable && !this.expanded.has(node.id);
  }

  /** Whether what hangs on a node can be put away. */
  closes(node: GraphNode): boolean {
    return node.opened || this.expanded.has(node.id);
  }

  open(node: GraphNode): Openness {
    // what was put away comes back as it was; only then there is more to ask for
    if (this.collapsed.has(node.id)) return new Openness(this.expanded, without(this.collapsed, node.id));
    return new Openness(new Set([...this.expanded, node.id]), this.collapsed);
  }

  close(node: GraphNode): Openness {
    const collapsed = node.opened ? new Set([...this.collapsed, node.id]) : this.collapsed;
    return new Openness(without(this.expanded, node.id), collapsed);
  }

  /** As the address has it. */
  state(): { expand: string | null; collapse: string | null } {
    return { expand: text(this.expanded), collapse: text(this.collapsed) };
  }
}

function without(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  return new Set([...ids].filter((other) => other !== id));
}

function text(ids: ReadonlySet<number>): string | null {
  return ids.size > 0 ? [...ids].sort((one, other) => one - other).join(",") : null;
}
