// The timeline page: puts the parts together and keeps the time.

import "uplot/dist/uPlot.min.css";
import "./style.css";

import { Stage, type View } from "./body";
import { helpPage, listen, type Shortcut } from "./keys";
import { PanelView } from "./panels";
import { Picker } from "./picker";
import { savePicture, saveTable } from "./saving";
import { load, type Loaded, Times } from "./scene";
import { type State, Store } from "./state";
import { ThemeSwitch } from "./theme";
import { Transport } from "./transport";
import { button, make, plural } from "./words";

const CURVES = "M4 18h16M4 14c3 0 3-8 6-8s3 6 6 6 2-3 4-3";
const PICTURE = "M4 5h16v14H4zM8 10.5a1.5 1.5 0 1 0 0-.01M4 17l5-5 4 4 3-3 4 4";
const TABLE = "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14";
const THEME = "M12 4a8 8 0 1 0 8 8 6 6 0 0 1-8-8z";
const HELP = "M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 17v.5";

/** What tests and benchmarks read. */
interface Told {
  ready: number;
  frames: number;
  fps: number;
  state: State;
}
declare global {
  interface Window {
    unisono?: Told;
  }
}

class Page {
  private readonly store: Store;
  private readonly views = new Map<number, PanelView>();
  private readonly host = make("div", { class: "panels" });
  private readonly seen: IntersectionObserver;
  private readonly stage: Stage | null;
  private readonly transport: Transport;
  private readonly picker: Picker;
  private readonly help: HTMLDialogElement;
  private readonly theme: ThemeSwitch;
  private readonly toggles = new Map<string, HTMLButtonElement>();
  private readonly life = new AbortController();
  private closed = false;
  private last = 0;
  private readonly told: Told;

  constructor(
    private readonly all: Loaded[],
    private readonly loaded: Loaded,
  ) {
    const { scene, numbers } = loaded;
    const { start, stop } = scene;
    this.store = new Store(
      {
        time: start, playing: false, speed: 1, hover: null, from: start, to: stop,
        bands: true, samples: false, recorded: true,
      },
      start,
      Math.max(stop, start + 1e-6),
    );
    this.told = { ready: 0, frames: 0, fps: 0, state: this.store.state };
    window.unisono = this.told;
    this.seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          for (const view of this.views.values()) if (view.root === target) view.see(isIntersecting);
        }
      },
      { rootMargin: "80px" },
    );
    const stageHost = make("div", { class: "stage" });
    const aside = this.aside(stageHost);
    document.body.append(this.header(), make("main", {}, aside, this.host));
    this.stage = this.makeStage(stageHost);
    const slowest = scene.bodies[0]?.clock ?? scene.streams[0]?.clock;
    this.transport = new Transport(scene, this.store, slowest ? new Times(slowest, numbers) : null);
    document.body.append(this.transport.root);
    this.picker = new Picker(scene.panels, (panel, on) => { this.show(panel, on); });
    const shortcuts = this.shortcuts();
    this.help = helpPage(shortcuts);
    document.body.append(this.picker.root, this.help);
    listen(shortcuts, this.life.signal);
    this.theme = new ThemeSwitch(() => { this.repaint(); }, this.life.signal);
    scene.panels.forEach((panel, index) => { if (panel.open) this.show(index, true); });
    new ResizeObserver(() => {
      for (const view of this.views.values()) view.resize();
    }).observe(this.host);
    requestAnimationFrame((now) => { this.tick(now); });
  }

  private makeStage(host: HTMLElement): Stage | null {
    const { bodies, arrows } = this.loaded.scene;
    if (bodies.length === 0 && arrows.length === 0) {
      document.body.classList.add("bodiless");
      return null;
    }
    try {
      const stage = new Stage(host, this.loaded, this.store);
      const what = bodies.map((body) => `${body.name}, ${plural(body.points.length, "point")}`);
      const forces = arrows.length > 0 ? ` and ${plural(arrows.length, "force arrow")}` : "";
      stage.canvas.setAttribute("aria-label", `Moving figure: ${what.join("; ")}${forces}`);
      return stage;
    } catch {
      host.append(make("p", { class: "quiet" }, "This browser shows no 3-D; the curves are complete."));
      return null;
    }
  }

  private header(): HTMLElement {
    const { scene } = this.loaded;
    const bar = make("div", { class: "tools", role: "group", "aria-label": "View" });
    const generated = scene.streams.some((s) => s.origin === "generated");
    const has = {
      bands: scene.streams.some((s) => s.bands.length > 0),
      samples: scene.streams.some((s) => s.samples !== null),
      recorded: generated && scene.streams.some((s) => s.origin === "recorded"),
    };
    for (const key of ["bands", "samples", "recorded"] as const) {
      if (!has[key]) continue;
      const word = key === "recorded" ? "Recorded" : key === "bands" ? "Bands" : "Samples";
      const made = make("button", { type: "button", class: "toggle" }, word);
      made.addEventListener("click", () => { this.flip(key); });
      made.setAttribute("aria-pressed", String(this.store.state[key]));
      this.toggles.set(key, made);
      bar.append(made);
    }
    bar.append(
      button("Curves to show", CURVES, () => { this.pick(); }, "c"),
      button("Save a picture", PICTURE, () => { this.savePicture(); }, "p"),
      button("Save a table", TABLE, () => { this.saveTable(); }, "t"),
      button("Light or dark", THEME, () => { this.theme.next(); }, "d"),
      button("Keyboard", HELP, () => { this.help.showModal(); }, "?"),
    );
    const words = make("div", {}, make("h1", {}, scene.title), make("p", {}, scene.subtitle));
    if (this.all.length > 1) words.append(this.chooser());
    return make("header", { class: "top" }, words, bar);
  }

  /** Which of the page's recordings is shown. */
  private chooser(): HTMLElement {
    const list = make("select", { class: "chooser", "aria-label": "Recording" });
    this.all.forEach(({ scene }, i) => {
      list.append(make("option", { value: String(i) }, `${scene.title}, ${scene.subtitle}`));
    });
    list.value = String(this.all.indexOf(this.loaded));
    list.addEventListener("change", () => {
      const next = this.all[Number(list.value)];
      if (next === undefined) return;
      this.close();
      new Page(this.all, next);
      document.querySelector<HTMLElement>(".chooser")?.focus();
    });
    return list;
  }

  private close(): void {
    this.closed = true;
    this.life.abort();
    this.seen.disconnect();
    this.stage?.close();
    document.body.classList.remove("bodiless");
    document.body.replaceChildren();
  }

  private aside(stage: HTMLElement): HTMLElement {
    const { scene } = this.loaded;
    const views = make("div", { class: "views", role: "group", "aria-label": "Camera" });
    for (const view of ["oblique", "side", "front", "top"] as View[]) {
      const made = make("button", { type: "button", class: "plain" }, view);
      made.addEventListener("click", () => { this.stage?.look(view); });
      views.append(made);
    }
    const facts = make("dl", { class: "facts" });
    for (const [name, value] of scene.facts) {
      facts.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
    }
    const about = make("div", { class: "about" }, this.key(), facts);
    if (scene.notes.length > 0) {
      const list = make("ul", {}, ...scene.notes.map((note) => make("li", {}, note)));
      const words = plural(scene.notes.length, "doubt");
      about.append(make("details", { class: "notes" }, make("summary", {}, words), list));
    }
    return make("aside", { "aria-label": "Figure and facts" }, make("div", { class: "figure" }, stage, views), about);
  }

  /** What the colours mean. */
  private key(): HTMLElement {
    const { scene } = this.loaded;
    const list = make("ul", { class: "key" });
    const add = (name: string, word: string): void => {
      const swatch = make("i");
      swatch.style.background = `var(--${name})`;
      list.append(make("li", {}, swatch, word));
    };
    const sides = [scene.panels.flatMap((p) => p.lines), scene.events].flat().map((x) => x.side);
    if (sides.includes("left")) add("orange", "left");
    if (sides.includes("right")) add("blue", "right");
    if (scene.arrows.some((a) => a.origin === "recorded")) add("green", "measured force");
    if (scene.arrows.some((a) => a.origin === "generated")) add("pink", "generated force");
    return list;
  }

  private shortcuts(): Shortcut[] {
    const { store } = this;
    const one = (keys: string[], written: string, does: string, call: Shortcut["call"]): Shortcut => ({ keys, written, does, call });
    const views: [string, View][] = [["1", "oblique"], ["2", "side"], ["3", "front"], ["4", "top"]];
    return [
      one([" ", "k"], "Space", "play or pause", () => { this.transport.toggle(); }),
      one(["ArrowLeft", "ArrowRight"], "← →", "one frame; with Shift ten", (event) => {
        const way = event.key === "ArrowLeft" ? -1 : 1;
        for (let i = 0; i < (event.shiftKey ? 10 : 1); i++) this.transport.step(way);
      }),
      one(["[", "]"], "[ ]", "to the event before or after", (e) => { this.transport.event(e.key === "[" ? -1 : 1); }),
      one(["Home", "End"], "Home End", "to the beginning or the end", (e) => {
        store.seek(e.key === "Home" ? store.state.from : store.state.to);
      }),
      one([",", "."], ", .", "slower or faster", (e) => { this.transport.faster(e.key === "," ? -1 : 1); }),
      one(["+", "=", "-"], "+ −", "zoom in or out in time", (e) => { store.zoomBy(e.key === "-" ? 2 : 0.5); }),
      one(["0"], "0", "all of the time", () => { store.zoom(store.start, store.stop); }),
      one(["1", "2", "3", "4"], "1 to 4", "camera: oblique, side, front, top", (e) => {
        this.stage?.look(views.find(([key]) => key === e.key)?.[1] ?? "oblique");
      }),
      one(["b"], "b", "bands", () => { this.flip("bands"); }),
      one(["s"], "s", "samples", () => { this.flip("samples"); }),
      one(["r"], "r", "recorded beside generated", () => { this.flip("recorded"); }),
      one(["c"], "c", "choose curves", () => { this.pick(); }),
      one(["p"], "p", "save a picture", () => { this.savePicture(); }),
      one(["t"], "t", "save a table", () => { this.saveTable(); }),
      one(["d"], "d", "light or dark", () => { this.theme.next(); }),
      one(["?"], "?", "this page", () => { this.help.showModal(); }),
    ];
  }

  private flip(key: "bands" | "samples" | "recorded"): void {
    const on = !this.store.state[key];
    this.store.set({ [key]: on });
    this.toggles.get(key)?.setAttribute("aria-pressed", String(on));
  }

  private pick(): void {
    this.picker.open(new Set(this.views.keys()));
  }

  private show(index: number, on: boolean): void {
    const old = this.views.get(index);
    if (on === (old !== undefined)) return;
    if (old !== undefined) {
      this.seen.unobserve(old.root);
      old.root.remove();
      this.views.delete(index);
      return;
    }
    const panel = this.loaded.scene.panels[index];
    if (panel === undefined) return;
    const view = new PanelView(panel, this.loaded, this.store, () => { this.show(index, false); });
    const later = [...this.views.keys()].filter((other) => other > index);
    const next = later.length > 0 ? this.views.get(Math.min(...later)) : undefined;
    this.host.insertBefore(view.root, next?.root ?? null);
    this.views.set(index, view);
    this.seen.observe(view.root);
  }

  private ordered(): PanelView[] {
    return [...this.views].sort(([a], [b]) => a - b).map(([, view]) => view);
  }

  private savePicture(): void {
    savePicture(this.loaded.scene.title, this.stage, this.ordered(), this.store);
  }

  private saveTable(): void {
    saveTable(this.loaded.scene.title, this.ordered(), this.store);
  }

  private repaint(): void {
    this.stage?.paint();
    this.transport.paint();
    for (const view of this.views.values()) view.repaint();
  }

  private tick(now: number): void {
    if (this.closed) return;
    const passed = Math.min((now - this.last) / 1000, 0.25);
    if (this.last > 0) this.told.fps += (1000 / Math.max(now - this.last, 1) - this.told.fps) * 0.1;
    this.last = now;
    this.told.frames += 1;
    const { playing, time, speed, from, to } = this.store.state;
    if (playing) {
      const next = time + passed * speed;
      this.store.set({ time: next > to ? from : next, hover: null });
    }
    this.stage?.draw();
    if (this.told.ready === 0) this.told.ready = performance.now();
    requestAnimationFrame((then) => { this.tick(then); });
  }
}

load().then(
  (all) => {
    const first = all[0];
    if (first !== undefined) new Page(all, first);
  },
  (error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    document.body.append(make("p", { class: "broken", role: "alert" }, `This page cannot be shown: ${words}.`));
  },
);
