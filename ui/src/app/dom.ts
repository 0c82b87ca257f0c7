/** Elements made from data. Text always becomes a text node: a name that looks like markup stays text. */

type Child = Node | string | null | undefined | false;
type Attribute = string | number | boolean | null | undefined | ((event: never) => void);
type Attributes = Record<string, Attribute>;

/** An element; `on…` attributes are listeners, `true` is a bare attribute, null and false leave one out. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(key.slice(2), value as EventListener);
    } else {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter(isNode));
  return element;
}

function isNode(child: Child): child is Node | string {
  return child !== null && child !== undefined && child !== false;
}

/** A shape of an SVG picture. */
export function svg(name: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** A name of the application, in code's letters; its direction cannot spill into what stands around it. */
export function code(text: string, title?: string): HTMLElement {
  return el("bdi", { class: "code", title }, text);
}

/** The element of the server's page with this id, if the page has it. */
export function root(id: string): HTMLElement | null {
  return document.getElementById(id);
}

/** A bar that shows a share of 1. Its width is set as a property: style attributes are not allowed here. */
export function bar(share: number, tone = ""): HTMLElement {
  const fill = el("span", { class: `bar-fill ${tone}` });
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return el("span", { class: "bar", "aria-hidden": "true" }, fill);
}
