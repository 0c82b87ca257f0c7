/** What the server answers: the shapes of its JSON, as far as the page reads them. */

/** Bytes, always whole; times are seconds. */
export type Bytes = number;

export interface Link {
  type: string;
  name: string;
  edge: string;
  file: string | null;
  line: number | null;
  repeats: number;
}

export interface Suspect {
  rank: number;
  kind: string;
  holder: string;
  retained_bytes: Bytes;
  share: number;
  objects: { type: string; count: number } | null;
  fingerprint: string;
  fix: string;
  chain: Link[];
  routes?: { route: string; share: number; bytes_per_request?: number | null }[];
  lines?: { file: string; line: number; function: string; share: number; bytes: Bytes }[];
  growth_bytes?: Bytes | null;
  confidence?: number | null;
}

/** The report, form leakguard/1. */
export interface Findings {
  process: {
    pid: number;
    host: string;
    python: string;
    uptime_seconds: number;
    rss_bytes: Bytes;
    terms?: Record<string, Bytes | null>;
  };
  snapshot: {
    capture: string;
    pause_seconds: number;
    wall_seconds: number;
    objects: number;
    heap_bytes: Bytes;
    coverage: number | null;
    age_seconds?: number;
  };
  verdict: { kind: string; text: string; confidence: number; advice?: string; doubt?: string };
  suspects: Suspect[];
  routes: RouteRow[];
  workers?: WorkerRow[];
  notes: string[];
}

/** How far the snapshot is that is being taken. */
export interface Progress {
  running: boolean;
  share: number | null;
  seconds: number | null;
  expected_seconds: number | null;
}

export interface RouteRow {
  route: string;
  requests: number;
  errors: number;
  live_bytes?: Bytes | null;
  bytes_per_request?: number | null;
  growth_bytes_per_minute?: number | null;
}

export interface WorkerRow {
  pid: number;
  answering: boolean;
  rss_bytes: Bytes | null;
  requests: number | null;
  suspect: string | null;
  ended_seconds: number | null;
}

export interface History {
  started: number;
  now: number;
  memory_limit: Bytes | null;
  points: { at: number; rss: Bytes; terms: Record<string, Bytes | null> }[];
  routes: { route: string; points: [number, Bytes][] }[];
  snapshots: number[];
}

export interface KeptImage {
  id: string;
  pid: number;
  created: number;
  objects: number;
  heap_bytes: Bytes;
  file_bytes: Bytes;
  suspects: number | null;
}

export type Role = "suspect" | "chain" | "ordinary" | "rest";

export interface GraphNode {
  id: number;
  type: string;
  name: string;
  retained: Bytes;
  shallow: Bytes;
  count: number;
  role: Role;
  /** Whether more hangs on it than is drawn. */
  expandable: boolean;
  /** Whether some of what hangs on it is drawn unasked. */
  opened: boolean;
  /** False where it is no object of the image. */
  placed?: boolean;
  words: string[];
}

export interface GraphEdge {
  from: number;
  to: number;
  label: string;
  chain: boolean;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  more: { nodes: number; bytes: Bytes };
}

export interface ObjectRow {
  id: number;
  type: string;
  name: string;
  label?: string;
  retained: Bytes;
  shallow: Bytes;
  count: number;
  children?: number;
}

export interface Dominators {
  node: ObjectRow;
  total: number;
  children: ObjectRow[];
}

export interface TypeRows {
  total: number;
  rows: { type: string; count: number; shallow: Bytes; retained: Bytes }[];
}

export interface Reference {
  id: number;
  type: string;
  name: string;
  label: string;
}

export interface References {
  total: number;
  edges: Reference[];
}

export interface ObjectView {
  node: ObjectRow & { file?: string | null; line?: number | null };
  in: References;
  out: References;
  words: string[];
}

export interface Module {
  name: string;
  bytes: Bytes;
  children?: Module[];
}

export interface Comparison {
  /** Whether the second of the two was the earlier. */
  exchanged: boolean;
  holders: {
    holder: string;
    kind: string;
    before: Bytes;
    after: Bytes;
    growth: Bytes;
    objects: number;
  }[];
  types: {
    type: string;
    count_before: number;
    count_after: number;
    bytes_before: Bytes;
    bytes_after: Bytes;
  }[];
}
