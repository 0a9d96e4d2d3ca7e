// Numbers and instants as people read them, and small helpers to build the page.

/** A value with enough digits to be checked against the file. */
export function spoken(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(3).replace("-", "−");
  const decimals = size >= 1000 ? 1 : size >= 100 ? 2 : size >= 1 ? 3 : 4;
  return value.toFixed(decimals).replace("-", "−");
}

export function seconds(time: number): string {
  return `${time.toFixed(time < 100 ? 3 : 2)} s`;
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** An element with attributes and children; text is always text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button with an icon that is drawn, and a name that is spoken. */
export function button(label: string, path: string, call: () => void, key = ""): HTMLButtonElement {
  const title = key === "" ? label : `${label} (${key})`;
  const made = make("button", { type: "button", title, "aria-label": label });
  made.append(icon(path));
  made.addEventListener("click", call);
  return made;
}

export function icon(path: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(space, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** The present value of a colour of the page, by name. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A colour `#rrggbb` made translucent. */
export function translucent(hex: string, alpha: number): string {
  const part = (at: number): number => parseInt(hex.slice(at, at + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${alpha})`;
}

export const SIDE_COLOURS: Record<string, string> = { left: "orange", right: "blue", "": "ink" };
