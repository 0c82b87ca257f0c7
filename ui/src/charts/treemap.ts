/** Modules as rectangles whose area is what their objects retain. */

import type { Module } from "../app/contract";
import { size } from "../app/units";
import { t } from "../app/words";
import { FONT } from "../graph/labels";
import { styled } from "../graph/palette";
import { Chart } from "./host";

interface Tile {
  name: string;
  value: number;
  index: number;
  itemStyle?: { color: string; borderColor: string };
  children?: Tile[];
}

/** The sides of tiles, in pixels, from which there is room for a name, and for a size below it. */
const SHORTEST_NAME = 45;
const SHORTEST_SIZE = 75;

export class Treemap {
  private readonly chart: Chart;
  private tiles: Tile[] = [];
  private whole = 1;

  /** `open` is called with the position of the child that was clicked. */
  constructor(place: HTMLElement, open: (index: number) => void) {
    this.chart = new Chart(place, t("app.modules.chart"));
    this.chart.chart.on("click", (event) => {
      const index = (event.data as Tile | undefined)?.index;
      if (index !== undefined) open(index);
    });
  }

  show(module: Module): void {
    this.whole = Math.max(module.bytes, 1);
    this.tiles = (module.children ?? []).map((child, index) => ({
      name: child.name,
      value: child.bytes,
      index,
      children: (child.children ?? []).map((grandchild) => ({
        name: grandchild.name,
        value: grandchild.bytes,
        index,
      })),
    }));
    this.chart.show(() => this.option());
  }

  /** As much as a tile has room for: a size that is cut is a wrong one. */
  private label(name: string, bytes: number): string {
    const { clientWidth, clientHeight } = this.chart.element;
    const side = Math.sqrt((bytes / this.whole) * clientWidth * clientHeight);
    if (side < SHORTEST_NAME) return "";
    return side < SHORTEST_SIZE ? name : `${name}\n${size(bytes)}`;
  }

  private option(): Record<string, unknown> {
    const hues = ["1", "2", "3", "4", "5", "6"].map((number) => styled(`tile-${number}`));
    const tiles = this.tiles.map((tile, at) => ({ ...tile, itemStyle: { color: hues[at % hues.length], borderColor: hues[at % hues.length] } }));
    return {
      textStyle: { fontFamily: FONT },
      series: [
        {
          type: "treemap",
          animation: false,
          data: tiles,
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          left: 0,
          right: 0,
          top: 0,
          bottom: 0,
          visibleMin: 20,
          label: {
            color: styled("on-tile"),
            overflow: "truncate",
            fontSize: 12,
            formatter: (item: { name: string; value: number }) => this.label(item.name, item.value),
          },
          upperLabel: {
            show: true,
            height: 22,
            color: styled("on-tile"),
            overflow: "truncate",
            fontWeight: 600,
            formatter: (item: { name: string; value: number }) => this.label(item.name, item.value).replace("\n", "  "),
          },
          itemStyle: { borderColor: styled("picture"), borderWidth: 1, gapWidth: 1 },
          levels: [
            { itemStyle: { borderWidth: 0, gapWidth: 3 }, upperLabel: { show: false } },
            { itemStyle: { borderWidth: 2, gapWidth: 1 } },
            { itemStyle: { gapWidth: 1 } },
          ],
        },
      ],
    };
  }
}
