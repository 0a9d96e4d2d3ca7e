// Playing, scrubbing, stepping and zooming.

import type { Scene, Times } from "./scene";
import type { Store } from "./state";
import { button, colour, make, seconds, SIDE_COLOURS, translucent } from "./words";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";
const BACK = "M18 6v12l-8.5-6zM6 6h2.5v12H6z";
const AHEAD = "M6 6v12l8.5-6zM15.5 6H18v12h-2.5z";
const SPEEDS = [0.1, 0.25, 0.5, 1, 2];

export class Transport {
  readonly root = make("div", { class: "transport", role: "group", "aria-label": "Time" });
  private readonly slider: HTMLInputElement;
  private readonly ticks = make("canvas", { class: "ticks", "aria-hidden": "true" });
  private readonly clock = make("output", { class: "clock" });
  private readonly play: HTMLButtonElement;
  private readonly speed = make("select", { "aria-label": "Speed", title: "Speed (, and .)" });
  private readonly spoken = make("div", { class: "unseen", "aria-live": "polite" });

  constructor(
    private readonly scene: Scene,
    private readonly store: Store,
    private readonly fastest: Times | null,
  ) {
    const { start, stop } = store;
    const step = Math.max((stop - start) / 10000, 0.0001);
    this.slider = make("input", {
      type: "range",
      min: String(start),
      max: String(stop),
      step: String(step),
      "aria-label": "Instant",
    });
    this.play = button("Play", PLAY, () => { this.toggle(); }, "space");
    this.play.classList.add("play");
    for (const speed of SPEEDS) {
      this.speed.append(make("option", { value: String(speed) }, `${speed}×`));
    }
    this.speed.value = String(store.state.speed);
    this.speed.addEventListener("change", () => {
      store.set({ speed: Number(this.speed.value) });
    });
    this.slider.addEventListener("input", () => {
      store.set({ playing: false, hover: null });
      store.seek(Number(this.slider.value));
    });
    this.slider.addEventListener("change", () => { this.say(); });
    this.root.append(
      button("One frame back", BACK, () => { this.step(-1); }, "left arrow"),
      this.play,
      button("One frame on", AHEAD, () => { this.step(1); }, "right arrow"),
      make("div", { class: "track" }, this.ticks, this.slider),
      this.clock,
      this.speed,
      this.spoken,
    );
    store.on(["time", "hover"], () => { this.show(); });
    store.on(["playing"], () => { this.press(); });
    store.on(["speed"], () => { this.speed.value = String(store.state.speed); });
    store.on(["from", "to"], () => { this.paint(); });
    new ResizeObserver(() => { this.paint(); }).observe(this.ticks);
    this.show();
  }

  toggle(): void {
    const { playing, time, from, to } = this.store.state;
    if (!playing && (time >= to - 1e-6 || time < from)) this.store.set({ time: from });
    this.store.set({ playing: !playing, hover: null });
    if (playing) this.say();
  }

  step(way: number): void {
    this.store.set({ playing: false, hover: null });
    const { time } = this.store.state;
    this.store.seek(this.fastest === null ? time + way * 0.01 : this.fastest.neighbour(time, way));
    this.say();
  }

  faster(way: number): void {
    const near = SPEEDS.indexOf(this.store.state.speed);
    const next = SPEEDS[Math.min(Math.max(near + way, 0), SPEEDS.length - 1)];
    this.store.set({ speed: next ?? 1 });
  }

  /** To the next event in a direction. */
  event(way: number): void {
    const { time } = this.store.state;
    const later = this.scene.events.filter((e) => way * (e.time - time) > 1e-6);
    const next = way > 0 ? later[0] : later[later.length - 1];
    if (next === undefined) return;
    this.store.set({ playing: false, hover: null });
    this.store.seek(next.time);
    this.say(`${next.side} ${next.name.replaceAll("_", " ")}`);
  }

  private say(what = ""): void {
    this.spoken.textContent = `${what} ${seconds(this.store.state.time)}`.trim();
  }

  private show(): void {
    const { time } = this.store.state;
    this.slider.value = String(time);
    this.slider.setAttribute("aria-valuetext", `${seconds(time)} of ${seconds(this.store.stop)}`);
    this.clock.value = seconds(this.store.shown);
  }

  private press(): void {
    const { playing } = this.store.state;
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.play.querySelector("path")?.setAttribute("d", playing ? PAUSE : PLAY);
  }

  /** Events and the zoomed part, above the slider. */
  paint(): void {
    const ratio = window.devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = this.ticks;
    this.ticks.width = Math.round(width * ratio);
    this.ticks.height = Math.round(height * ratio);
    const pen = this.ticks.getContext("2d");
    if (pen === null) return;
    pen.scale(ratio, ratio);
    const { start, stop } = this.store;
    const place = (time: number): number => 8 + ((time - start) / (stop - start)) * (width - 16);
    const { from, to } = this.store.state;
    if (from > start || to < stop) {
      pen.fillStyle = translucent(colour("blue"), 0.18);
      pen.fillRect(place(from), 0, place(to) - place(from), height);
    }
    for (const mark of this.scene.events) {
      pen.strokeStyle = colour(SIDE_COLOURS[mark.side] ?? "ink");
      pen.lineWidth = 1.5;
      const strike = mark.name !== "foot_off";
      pen.beginPath();
      pen.moveTo(place(mark.time), strike ? 0 : height * 0.45);
      pen.lineTo(place(mark.time), height * 0.9);
      pen.stroke();
    }
  }
}
