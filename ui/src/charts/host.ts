/** One picture by ECharts on a canvas: it follows the size of its place and the page's colours. */

import { LineChart, TreemapChart } from "echarts/charts";
import {
  AriaComponent,
  AxisPointerComponent,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { onRecolour } from "../graph/palette";

use([
  AriaComponent,
  AxisPointerComponent,
  CanvasRenderer,
  GridComponent,
  LineChart,
  MarkLineComponent,
  TooltipComponent,
  TreemapChart,
]);

export const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Chart {
  readonly chart: EChartsType;
  private option: (() => EChartsCoreOption) | null = null;

  constructor(
    readonly element: HTMLElement,
    label: string,
  ) {
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
    this.chart = init(element, null, { renderer: "canvas" });
    new ResizeObserver(() => this.chart.resize()).observe(element);
    onRecolour(() => this.draw());
  }

  /** Draw what `option` makes, now and again whenever the colours change. */
  show(option: () => EChartsCoreOption): void {
    this.option = option;
    this.draw();
  }

  private draw(): void {
    if (this.option) this.chart.setOption({ animation: false, ...this.option() }, { notMerge: true });
  }
}
