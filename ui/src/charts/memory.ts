/** Resident memory over time, split into its terms. */

import type { Bytes, History } from "../app/contract";
import { clock, duration, size } from "../app/units";
import { optional, t } from "../app/words";
import { FONT } from "../graph/labels";
import { styled } from "../graph/palette";
import { Chart } from "./host";

const TERMS = ["python_objects", "python_slack", "c_heap_in_use", "c_heap_free", "mappings", "rest"];

export class MemoryChart {
  private readonly chart: Chart;

  constructor(place: HTMLElement) {
    this.chart = new Chart(place, t("app.memory.chart"));
  }

  show(history: History): void {
    const last = history.points[history.points.length - 1];
    const first = history.points[0];
    if (!last || !first) return;
    const told = t("app.memory.told", {
      span: duration(last.at - first.at),
      from: size(first.rss),
      to: size(last.rss),
    });
    this.chart.element.setAttribute("aria-label", `${t("app.memory.chart")}. ${told}`);
    this.chart.show(() => option(history));
  }
}

function option(history: History): Record<string, unknown> {
  const { points } = history;
  const known = TERMS.filter((term) => points.some((point) => point.terms[term]));
  const ink = styled("ink");
  const muted = styled("quiet");
  const span = (points[points.length - 1]?.at ?? 0) - (points[0]?.at ?? 0);
  const axis = { color: muted, fontSize: 11 };
  const areas = known.map((term) => ({
    name: optional(`term.${term}`, term),
    type: "line",
    stack: "memory",
    symbol: "none",
    color: styled(term.replaceAll("_", "-")),
    lineStyle: { width: 0 },
    areaStyle: { opacity: 0.85 },
    data: points.map((point) => [point.at * 1000, point.terms[term] ?? 0]),
  }));
  const resident = {
    name: t("term.rss"),
    type: "line",
    symbol: "none",
    color: ink,
    lineStyle: { width: 1.5 },
    data: points.map((point) => [point.at * 1000, point.rss]),
    markLine: marks(history),
  };
  return {
    textStyle: { fontFamily: FONT },
    grid: { left: 8, right: 16, top: 14, bottom: 8, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: styled("card"),
      borderColor: styled("line"),
      textStyle: { color: ink, fontSize: 12 },
      formatter: (rows: Row[]) => words(rows),
    },
    xAxis: { type: "time", axisLabel: { ...axis, hideOverlap: true, formatter: (at: number) => clock(at / 1000, span < 600) }, axisLine: { lineStyle: { color: styled("line") } } },
    yAxis: {
      type: "value",
      max: (extent: { max: number }) => ceiling(extent.max, history.memory_limit),
      axisLabel: { ...axis, showMaxLabel: false, formatter: (bytes: number) => size(bytes) },
      splitLine: { lineStyle: { color: styled("line"), opacity: 0.5 } },
    },
    series: [...areas, resident],
  };
}

interface Row {
  seriesName: string;
  value: [number, Bytes];
}

function words(rows: Row[]): string {
  const at = rows[0]?.value[0];
  if (at === undefined) return "";
  const lines = [...rows].reverse().map((row) => `${row.seriesName}  ${size(row.value[1])}`);
  return [clock(at / 1000, true), ...lines].join("\n");
}

/** The limit is drawn once the memory comes near it: else it would flatten everything below. */
function ceiling(most: number, limit: Bytes | null): number {
  return limit !== null && most > limit * 0.4 ? limit * 1.03 : most * 1.08;
}

function marks(history: History): Record<string, unknown> {
  const lines: Record<string, unknown>[] = history.snapshots.map((at) => ({
    xAxis: at * 1000,
    label: { show: false },
    lineStyle: { color: styled("link"), type: "dotted", width: 1 },
  }));
  if (history.memory_limit !== null) {
    lines.push({
      yAxis: history.memory_limit,
      label: { formatter: size(history.memory_limit), color: styled("suspect"), position: "insideEndTop" },
      lineStyle: { color: styled("suspect"), type: "dashed" },
    });
  }
  return { silent: true, symbol: "none", animation: false, data: lines };
}
