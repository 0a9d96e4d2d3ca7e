// The curves: one panel a quantity, with bands, samples, events and a playhead.

import uPlot from "uplot";

import { type Beside, besideLines, columnsOf, lookOf, ownLines, type Shown } from "./lines";
import type { Loaded, Panel } from "./scene";
import type { Store } from "./state";
import { type Curve, thin } from "./thinning";
import { colour, icon, make, seconds, SIDE_COLOURS, spoken, translucent } from "./words";

const HEIGHT = 136;
const CLOSE = "M6 6 18 18M18 6 6 18";

/** Name, unit, and value of one line at an instant. */
export interface Reading {
  label: string;
  origin: string;
  unit: string;
  value: number;
}

/** The axis of values: some room about them; values that are all 0 would otherwise go from 0 to 100. */
function around(low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [null, null];
  return low === 0 && high === 0 ? [-1, 1] : uPlot.rangeNum(low, high, 0.1, true);
}

export class PanelView {
  readonly root: HTMLElement;
  private lines: Shown[];
  private readonly plotHost = make("div", { class: "plot" });
  private readonly values = make("div", { class: "values" });
  private readonly cursor = make("div", { class: "cursor" });
  private plot: uPlot | null = null;
  private visible = false;
  private stale = true;
  private written = "";

  constructor(
    readonly panel: Panel,
    private readonly loaded: Loaded,
    private readonly store: Store,
    close: () => void,
  ) {
    this.lines = ownLines(panel, loaded);
    const title = make("h3", {}, panel.title, make("small", {}, panel.unit));
    const shut = make("button", {
      type: "button",
      class: "shut",
      "aria-label": `Hide ${panel.title}`,
      title: "Hide",
    });
    shut.append(icon(CLOSE));
    shut.addEventListener("click", close);
    const head = make("header", {}, title, this.values, shut);
    this.root = make("section", { class: "panel", "aria-label": `${panel.group}: ${panel.title}` });
    this.root.dataset["panel"] = `${panel.group}/${panel.title}`;
    this.plotHost.setAttribute("role", "img");
    this.root.append(head, this.plotHost);
    this.values.append(...this.lines.map((line) => this.reader(line)));
    store.on(["from", "to", "bands", "samples", "recorded"], () => {
      this.refresh();
    });
    store.on(["time", "hover", "from", "to"], () => {
      this.point();
    });
    this.listen();
  }

  /** Whether a model's answer is shown here. */
  private get against(): boolean {
    return this.lines.some((line) => line.generated);
  }

  /** Put the curves of another recording beside its own, or take them away. */
  compare(beside: Beside | null): void {
    const own = this.lines.filter((line) => !line.beside);
    const more = beside === null ? [] : besideLines(this.panel, own, this.loaded, beside);
    this.lines = [...own, ...more];
    this.values.replaceChildren(...this.lines.map((line) => this.reader(line)));
    this.written = "";
    this.refresh();
  }

  private reader(line: Shown): HTMLElement {
    const { word } = line;
    const name = make("span", { class: "name" }, word);
    const swatch = make("i", { "aria-hidden": "true" });
    swatch.style.background = line.beside && !line.generated
      ? `repeating-linear-gradient(90deg, var(--${line.hue}) 0 4px, transparent 4px 6px)` : `var(--${line.hue})`;
    const value = make("output", { title: `${line.label}, ${line.origin}, ${this.panel.unit}` }, "–");
    value.dataset["channel"] = line.label;
    value.dataset["origin"] = line.origin;
    return make("span", { class: "value" }, swatch, ...(word === "" ? [] : [name]), value);
  }

  /** Draw when it comes into view, and never before. */
  see(visible: boolean): void {
    this.visible = visible;
    if (visible) this.update();
  }

  refresh(): void {
    this.stale = true;
    if (this.visible) this.update();
  }

  /** Anew, in the colours of the present theme. */
  repaint(): void {
    this.plot?.destroy();
    this.plot = null;
    this.refresh();
  }

  private update(): void {
    if (!this.stale) return;
    this.stale = false;
    const { options, data } = this.drawing();
    this.plot?.destroy();
    this.plotHost.replaceChildren();
    this.plot = new uPlot(options, data, this.plotHost);
    this.plot.over.append(this.cursor);
    this.point();
  }

  resize(): void {
    if (this.plot !== null && this.plotHost.clientWidth !== this.plot.width) this.refresh();
  }

  private drawing(): { options: uPlot.Options; data: uPlot.AlignedData } {
    const { from, to, bands, samples, recorded } = this.store.state;
    const width = Math.max(this.plotHost.clientWidth, 160);
    const curves: Curve[] = [];
    const series: uPlot.Series[] = [{}];
    const fills: uPlot.Band[] = [];
    const add = (curve: Curve, look: uPlot.Series): number => {
      curves.push(curve);
      return series.push({ points: { show: false }, spanGaps: false, ...look }) - 1;
    };
    // What was recorded is drawn last and thin, so that both are seen where they agree.
    const ordered = [...this.lines].sort((a, b) => a.origin.localeCompare(b.origin));
    for (const line of ordered) {
      if (!line.generated && !recorded && this.lines.length > 1) continue;
      const hue = colour(line.hue);
      const curve = (all: ArrayLike<number>): Curve => ({
        times: line.times,
        value: (i) => all[i] ?? NaN,
      });
      line.band.forEach((band, k) => {
        if (!bands) return;
        const upper = add(curve(band.upper), { width: 0 });
        const lower = add(curve(band.lower), { width: 0 });
        const alpha = 0.3 / (1 + 0.55 * k);
        fills.push({ series: [upper, lower], fill: translucent(hue, alpha) });
      });
      if (samples) {
        for (const one of line.samples) {
          add(curve(one), { stroke: translucent(hue, 0.3), width: 0.8 });
        }
      }
      add(line, { stroke: hue, ...lookOf(line, this.against) });
    }
    const table = thin(curves, from, to, Math.round(width));
    const muted = colour("muted");
    const axis = {
      stroke: muted,
      grid: { stroke: colour("rule"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    const options: uPlot.Options = {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [6, 8, 0, 0],
      scales: { x: { time: false, range: () => [from, to] }, y: { range: (_plot, low, high) => around(low, high) } },
      axes: [
        { ...axis, size: 24, gap: 6, grid: { show: false } },
        { ...axis, size: 52, gap: 6, space: 26 },
      ],
      series,
      bands: fills,
      hooks: { drawClear: [(plot) => { this.marks(plot); }], ready: [() => { this.point(); }] }, // its width is known then
    };
    this.describe();
    return { options, data: [table.x, ...table.columns] as uPlot.AlignedData };
  }

  /** Events as ticks across the panel. */
  private marks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const mark of this.loaded.scene.events) {
      const x = plot.valToPos(mark.time, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = translucent(colour(SIDE_COLOURS[mark.side] ?? "ink"), 0.55);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(mark.name === "foot_off" ? [2 * devicePixelRatio, 3 * devicePixelRatio] : []);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  private describe(): void {
    const said = this.lines.map((line) => {
      let low = Infinity;
      let high = -Infinity;
      for (let i = 0; i < line.times.count; i++) {
        const value = line.value(i);
        if (value < low) low = value;
        if (value > high) high = value;
      }
      const range = low > high ? "no samples" : `${spoken(low)} to ${spoken(high)}`;
      return `${line.label}, ${line.origin}: ${range} ${this.panel.unit}`;
    });
    this.plotHost.setAttribute("aria-label", `Curves over time. ${said.join("; ")}.`);
  }

  readings(time: number): Reading[] {
    return this.lines.map((line) => {
      const index = line.times.nearest(time);
      const value = index < 0 ? NaN : line.value(index);
      return { label: line.label, origin: line.origin, unit: this.panel.unit, value };
    });
  }

  /** Put the playhead and the values where the time is. */
  point(): void {
    if (!this.visible || this.plot === null) return;
    const time = this.store.shown;
    const { from, to } = this.store.state;
    const place = ((time - from) / (to - from)) * this.plot.over.clientWidth;
    const inside = time >= from && time <= to;
    this.cursor.style.transform = inside ? `translateX(${place.toFixed(1)}px)` : "translateX(-9999px)";
    const found = this.readings(time).map(({ value }) => spoken(value));
    const text = found.join("|");
    if (text === this.written) return;
    this.written = text;
    this.values.querySelectorAll("output").forEach((output, i) => {
      output.value = found[i] ?? "–";
    });
  }

  private listen(): void {
    const at = (event: PointerEvent): number => {
      const box = this.plot?.over.getBoundingClientRect() ?? this.plotHost.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1);
      const { from, to } = this.store.state;
      return from + share * (to - from);
    };
    let began: number | null = null;
    let zooming = false;
    const host = this.plotHost;
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      began = at(event);
      zooming = event.shiftKey;
      host.setPointerCapture(event.pointerId);
      if (!zooming) this.store.set({ hover: null, playing: false, time: began });
    });
    host.addEventListener("pointermove", (event) => {
      const time = at(event);
      if (began === null) {
        if (event.pointerType === "mouse") this.store.set({ hover: time });
      } else if (!zooming) this.store.set({ time });
      else this.select(began, time);
    });
    host.addEventListener("pointerup", (event) => {
      if (began !== null && zooming) this.store.zoom(began, at(event));
      began = null;
      this.select(0, 0);
    });
    host.addEventListener("pointercancel", () => {
      began = null;
      this.select(0, 0);
    });
    host.addEventListener("pointerleave", () => {
      this.store.set({ hover: null });
    });
    host.addEventListener("dblclick", () => {
      this.store.zoom(this.store.start, this.store.stop);
    });
    host.title = "Drag to move through time, Shift and drag to zoom, double-click for all";
  }

  private select(from: number, to: number): void {
    const plot = this.plot;
    if (plot === null) return;
    const [a, b] = [plot.valToPos(Math.min(from, to), "x"), plot.valToPos(Math.max(from, to), "x")];
    plot.setSelect({ left: a, width: from === to ? 0 : b - a, top: 0, height: plot.over.clientHeight }, false);
  }

  /** The rows of what is shown between two instants, for a table. */
  rows(from: number, to: number): string[][] {
    const { bands, samples, recorded } = this.store.state;
    const found: string[][] = [];
    for (const line of this.lines) {
      if (!line.generated && !recorded && this.lines.length > 1) continue;
      for (const [name, value] of columnsOf(line, bands, samples)) {
        for (let i = line.times.after(from); i < line.times.count; i++) {
          const time = line.times.at(i);
          if (time > to) break;
          const number = value(i);
          const cell = Number.isFinite(number) ? String(number) : "";
          found.push([this.panel.group, line.label, this.panel.unit, name, String(time), cell]);
        }
      }
    }
    return found;
  }

  /** The picture of the curves, with the words above it, for a PNG. */
  picture(): { title: string; words: string; canvas: HTMLCanvasElement | null } {
    const readings = this.readings(this.store.shown);
    const words = readings
      .map((r) => `${r.label} ${r.origin === "recorded" ? "" : `${r.origin} `}${spoken(r.value)}`)
      .join("   ");
    const title = `${this.panel.title} (${this.panel.unit})`;
    return { title, words: `${seconds(this.store.shown)}   ${words}`, canvas: this.plot?.ctx.canvas ?? null };
  }
}
