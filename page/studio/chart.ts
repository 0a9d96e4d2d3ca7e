// A map of points on a canvas, seen from any side: points by label, a way, and handles to drag.

import { colour } from "../src/words";

export interface Places {
  dims: number;
  by: string[];
  points: number[][];
  labels: Record<string, (number | string)[]>;
}

interface Seen { x: number; y: number; depth: number }

const WORDS = ["blue", "orange", "green", "pink", "red"];
const NEAR = 14;
const BINS = 12;

/** A colour between blue and yellow, even to the eye of most. */
function shade(share: number): string {
  const hue = 250 - 195 * share;
  return `hsl(${Math.round(hue)} 75% ${Math.round(38 + 22 * share)}%)`;
}

export class Chart {
  readonly canvas = document.createElement("canvas");
  handles: number[][] = [];
  way: { points: number[][]; confidence: number[] } | null = null;
  at = -1;
  private turn = 0.6;
  private tilt = 0.45;
  private zoom = 1;
  private flat = true;
  private picked = -1;
  private dragging = false;
  private from: { x: number; y: number } | null = null;
  private centre: number[] = [];
  private spread = 1;
  private colours: string[] = [];

  constructor(
    private readonly places: Places,
    private readonly changed: (final: boolean) => void,
    signal: AbortSignal,
  ) {
    const { canvas } = this;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", "Map: points can be set and dragged; arrow keys move the chosen one, N adds one, Delete removes it");
    canvas.addEventListener("pointerdown", (event) => { this.down(event); });
    canvas.addEventListener("pointermove", (event) => { this.move(event); });
    canvas.addEventListener("pointerup", () => { this.up(); });
    canvas.addEventListener("dblclick", (event) => { this.add(this.place(this.spot(event))); });
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom *= event.deltaY < 0 ? 1.1 : 1 / 1.1; this.draw(); }, { passive: false });
    canvas.addEventListener("keydown", (event) => { this.key(event); });
    const watch = new ResizeObserver(() => { this.draw(); });
    watch.observe(canvas);
    signal.addEventListener("abort", () => { watch.disconnect(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.draw(); }, { signal });
    this.measure();
    this.paint(Object.keys(places.labels)[0] ?? "");
  }

  get is3d(): boolean {
    return !this.flat;
  }

  set is3d(on: boolean) {
    this.flat = !on;
    this.draw();
  }

  paint(label: string): void {
    const values = this.places.labels[label] ?? [];
    const numbers = values.filter((value): value is number => typeof value === "number");
    if (numbers.length === values.length && numbers.length > 0) {
      let low = Infinity;
      let high = -Infinity;
      for (const value of numbers) { low = Math.min(low, value); high = Math.max(high, value); }
      this.colours = numbers.map((value) => shade(Math.round((BINS * (value - low)) / Math.max(high - low, 1e-12)) / BINS));
    } else {
      const words = [...new Set(values.map(String))];
      const known = WORDS.map((name) => colour(name));
      this.colours = values.map((value) => known[words.indexOf(String(value)) % known.length] ?? "gray");
    }
    this.draw();
  }

  private measure(): void {
    const { points, dims } = this.places;
    const sums = new Array<number>(dims).fill(0);
    for (const point of points) point.forEach((value, d) => { sums[d] = (sums[d] ?? 0) + value / points.length; });
    this.centre = sums;
    let most = 1e-9;
    for (const point of points) for (let d = 0; d < Math.min(dims, 3); d += 1) most = Math.max(most, Math.abs((point[d] ?? 0) - (sums[d] ?? 0)));
    this.spread = most;
  }

  private axes(): number[][] {
    const [ct, st, cp, sp] = [Math.cos(this.turn), Math.sin(this.turn), Math.cos(this.tilt), Math.sin(this.tilt)];
    return this.flat || this.places.dims < 3 ? [[1, 0, 0], [0, 1, 0], [0, 0, 1]] : [[ct, st, 0], [-st * sp, ct * sp, cp], [st * cp, -ct * cp, sp]];
  }

  private scale(): number {
    return (0.44 * Math.min(this.canvas.clientWidth, this.canvas.clientHeight) * this.zoom) / this.spread;
  }

  private see(point: number[]): Seen {
    const rel = [0, 1, 2].map((d) => (point[d] ?? 0) - (this.centre[d] ?? 0));
    const [x, y, depth] = this.axes().map((axis) => axis.reduce((sum, a, d) => sum + a * (rel[d] ?? 0), 0));
    const k = this.scale();
    return { x: this.canvas.clientWidth / 2 + k * (x ?? 0), y: this.canvas.clientHeight / 2 - k * (y ?? 0), depth: depth ?? 0 };
  }

  /** The point of the map under a spot: of the nearest place in all that the picture does not show. */
  private place(spot: { x: number; y: number }, keep: number[] | null = null): number[] {
    const base = keep ?? this.nearest(spot);
    const old = this.see(base);
    const k = this.scale();
    const [ax, ay] = this.axes();
    const [dx, dy] = [(spot.x - old.x) / k, (old.y - spot.y) / k];
    return base.map((value, d) => value + dx * (ax?.[d] ?? 0) + dy * (ay?.[d] ?? 0));
  }

  private nearest(spot: { x: number; y: number }): number[] {
    let best = this.places.points[0] ?? this.centre;
    let least = Infinity;
    for (const point of this.places.points) {
      const seen = this.see(point);
      const far = (seen.x - spot.x) ** 2 + (seen.y - spot.y) ** 2;
      if (far < least) { least = far; best = point; }
    }
    return best;
  }

  private spot(event: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  add(point: number[]): void {
    this.handles.push([...point]);
    this.picked = this.handles.length - 1;
    this.draw();
    this.changed(true);
  }

  private down(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    const spot = this.spot(event);
    this.picked = this.handles.findIndex((handle) => {
      const seen = this.see(handle);
      return Math.hypot(seen.x - spot.x, seen.y - spot.y) < NEAR;
    });
    this.dragging = true;
    this.from = spot;
    this.draw();
  }

  private move(event: PointerEvent): void {
    if (!this.dragging || this.from === null) return;
    const spot = this.spot(event);
    const handle = this.handles[this.picked];
    if (handle !== undefined) {
      this.handles[this.picked] = this.place(spot, handle);
      this.changed(false);
    } else if (!this.flat) {
      this.turn -= (spot.x - this.from.x) * 0.01;
      this.tilt = Math.max(-1.5, Math.min(1.5, this.tilt + (spot.y - this.from.y) * 0.01));
    }
    this.from = spot;
    this.draw();
  }

  private up(): void {
    if (this.dragging && this.picked >= 0) this.changed(true);
    this.dragging = false;
  }

  private key(event: KeyboardEvent): void {
    const step: Record<string, [number, number]> = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };
    const by = step[event.key];
    const handle = this.handles[this.picked];
    if (by !== undefined && handle !== undefined) {
      const seen = this.see(handle);
      this.handles[this.picked] = this.place({ x: seen.x + by[0], y: seen.y + by[1] }, handle);
    } else if (event.key === "Delete" && handle !== undefined) {
      this.handles.splice(this.picked, 1);
      this.picked = this.handles.length - 1;
    } else if (event.key.toLowerCase() === "n") {
      const { points } = this.places;
      const point = points[Math.floor((points.length * (this.handles.length * 0.37 + 0.1)) % points.length)];
      if (point !== undefined) this.handles.push([...point]);
      this.picked = this.handles.length - 1;
    } else return;
    event.preventDefault();
    this.draw();
    this.changed(true);
  }

  draw(): void {
    const { canvas } = this;
    const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
    if (width === 0) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const ink = canvas.getContext("2d");
    if (ink === null) return;
    ink.scale(ratio, ratio);
    const seen = this.places.points.map((point, i) => ({ ...this.see(point), i }));
    if (!this.flat) seen.sort((a, b) => a.depth - b.depth);
    ink.globalAlpha = 0.55;
    for (const { x, y, i } of seen) {
      ink.fillStyle = this.colours[i] ?? colour("muted");
      ink.beginPath();
      ink.arc(x, y, 2.4, 0, 7);
      ink.fill();
    }
    ink.globalAlpha = 1;
    this.drawWay(ink);
    this.handles.forEach((handle, i) => {
      const { x, y } = this.see(handle);
      ink.beginPath();
      ink.arc(x, y, 8, 0, 7);
      ink.fillStyle = colour("paper");
      ink.fill();
      ink.lineWidth = i === this.picked ? 3.5 : 2;
      ink.strokeStyle = colour("ink");
      ink.stroke();
      ink.fillStyle = colour("ink");
      ink.font = "11px system-ui";
      ink.textAlign = "center";
      ink.fillText(String(i + 1), x, y + 4);
    });
  }

  /** The way: thick where the data lie, thin and broken off them. */
  private drawWay(ink: CanvasRenderingContext2D): void {
    if (this.way === null) return;
    const { points, confidence } = this.way;
    for (let i = 1; i < points.length; i += 1) {
      const [from, to, sure] = [points[i - 1], points[i], (confidence[i] ?? 1) >= 0.05];
      if (from === undefined || to === undefined) continue;
      const [a, b] = [this.see(from), this.see(to)];
      ink.beginPath();
      ink.moveTo(a.x, a.y);
      ink.lineTo(b.x, b.y);
      ink.lineWidth = sure ? 3 : 1.5;
      ink.setLineDash(sure ? [] : [3, 3]);
      ink.strokeStyle = sure ? colour("ink") : colour("red");
      ink.stroke();
    }
    ink.setLineDash([]);
    const here = points[this.at];
    if (here === undefined) return;
    const { x, y } = this.see(here);
    ink.beginPath();
    ink.arc(x, y, 5, 0, 7);
    ink.fillStyle = colour("red");
    ink.fill();
  }
}
