/** The page comes alive: what the server wrote stays, and pictures and views are added. */

import "./style/app.css";

import { setBase } from "./app/api";
import { root } from "./app/dom";
import { Images } from "./app/images";
import { type Place, current, follow } from "./app/place";
import { refresh } from "./app/refresh";
import { makeTabs, showTab } from "./app/tabs";
import { speak } from "./app/words";
import { CompareView } from "./compare/view";
import { ExploreView } from "./explore/view";
import { GraphView } from "./graph/view";
import { drawMemory } from "./overview/memory";
import { wireSnapshot } from "./overview/snapshot";
import { linkSuspects } from "./overview/suspects";

const LIVE = ["lg-workers", "lg-routes"] as const;
const WRITTEN = ["lg-overview", "lg-workers", "lg-routes", "lg-snapshot", "lg-suspects"] as const;
const EVERY = 20_000;

interface Shown {
  show(place: Place): Promise<void>;
}

const images = new Images();
const views = new Map<string, Shown>();

function view(place: Place): Shown | undefined {
  const element = root(`lg-${place.view}`);
  if (!element || place.view === "overview") return undefined;
  let shown = views.get(place.view);
  if (!shown) {
    const View = { graph: GraphView, explore: ExploreView, compare: CompareView }[place.view];
    shown = new View(element, images);
    views.set(place.view, shown);
  }
  return shown;
}

/** What is added to the server's own sections; again after each time they were written anew. */
function enhance(): void {
  wireSnapshot(taken);
  linkSuspects();
  picture();
}

/** Draw the memory where it is looked at: what draws it is large. */
function picture(): void {
  if (document.body.dataset["view"] !== "overview") return;
  drawMemory().catch(() => undefined); // the server's picture stays
}

async function taken(): Promise<void> {
  images.forget();
  await refresh(WRITTEN, true);
  enhance();
}

async function live(): Promise<void> {
  if (document.hidden || document.body.dataset["view"] !== "overview") return;
  await refresh(LIVE);
  await drawMemory();
}

async function start(): Promise<void> {
  const { base, words } = document.body.dataset;
  // The page's own address may hold a password, and nothing may be fetched from such a one.
  const here = location.origin + location.pathname;
  setBase(new URL(base ?? "", here).href);
  // the answers to what is asked first can be on their way already
  if (current().view !== "overview") images.list().catch(() => undefined);
  await speak(new URL(words ?? "", here).href);
  makeTabs();
  document.documentElement.classList.add("alive");
  enhance();
  follow((place) => {
    showTab(place);
    picture();
    void view(place)?.show(place);
  });
  if (document.body.dataset["served"] !== undefined) {
    setInterval(() => void live().catch(() => undefined), EVERY);
  }
}

void start();
