// Maps: make one, look at it in 2-D and 3-D, set and drag points, walk, and see what the walk is.

import { make } from "../src/words";
import { Chart, type Places } from "./chart";
import { moving } from "./edit";
import { action, attempt, Boxes, choice, type Desk, downloads, empty, field, form, framed, naming, number, say } from "./parts";
import { Results } from "./results";
import { type DatasetAbout, get, type Job, type ModelAbout, post } from "./server";

/** Streams that say how a body moves, the likeliest first; the first by name may be voltages. */
const BODY = ["angles", "markers", "positions"];

interface Walk {
  points: number[][]; distance: number[]; confidence: number[];
  pictures: { shape: [number, number, number]; grey: string }[];
}

export class Maps {
  private readonly model = choice([]);
  private readonly stage = make("div");
  private chart: Chart | null = null;
  private readonly facts = make("p", { class: "quiet", role: "status" });
  private readonly result = make("div", { class: "walked" });
  private readonly way = choice([["spline", "a curve through all"], ["line", "straight"], ["arc", "an arc"], ["along", "along the data"]]);
  private busy = false;
  private again = false;
  private life: AbortController | null = null;

  constructor(private readonly desk: Desk) {
    const open = action("Open", async () => { await this.open(this.model.value); }, "first");
    desk.host.append(make("div", { class: "card form" }, make("h2", {}, "Walk on a map"), field("Map", this.model), make("div", { class: "row" }, open)),
      this.stage, ...this.making());
    this.way.addEventListener("change", () => { void attempt(async () => { await this.walk(); }); });
    desk.board.on((job) => { if (job.kind === "map" && job.state === "done") void this.fill(); }, desk.signal);
    desk.signal.addEventListener("abort", () => { this.life?.abort(); });
    void attempt(async () => { await this.fill(); });
  }

  private async fill(): Promise<void> {
    const found = (await get<ModelAbout[]>("/api/models")).filter((one) => one.kind === "map");
    this.model.replaceChildren(...found.map((one) => make("option", { value: one.name }, `${one.name}: ${one.given.join(", ")} by ${one.want.join(", ")}`)));
    if (found.length === 0 && this.chart === null) this.stage.replaceChildren(empty("No maps yet: make one below."));
  }

  private async open(name: string): Promise<void> {
    if (name === "") { say("There is no map yet; make one.", "error"); return; }
    const job = await this.desk.board.ended(await post<Job>("/api/jobs", { kind: "place", model: name }));
    if (job.state !== "done") { say(job.error, "error"); return; }
    const places = await get<Places>(`/api/jobs/${job.id}/files/places.json`);
    this.life?.abort();
    this.life = new AbortController();
    const chart = new Chart(places, (final) => { if (final) void attempt(async () => { await this.walk(); }); }, this.life.signal);
    this.chart = chart;
    const label = choice(Object.keys(places.labels).map((key): [string, string] => [key, key]));
    label.addEventListener("change", () => { chart.paint(label.value); });
    const deep = make("button", { type: "button", class: "toggle", "aria-pressed": "false" }, "3-D");
    deep.disabled = places.dims < 3;
    deep.addEventListener("click", () => {
      chart.is3d = !chart.is3d;
      deep.setAttribute("aria-pressed", String(chart.is3d));
    });
    const more = places.dims > 3 ? ` The first three of ${places.dims} dimensions are seen.` : "";
    const clear = action("Clear", async () => { chart.handles = []; chart.way = null; chart.draw(); this.result.replaceChildren(); return Promise.resolve(); });
    this.stage.replaceChildren(make("div", { class: "card map" },
      make("div", { class: "row" }, ...(label.options.length > 0 ? [field("Coloured by", label)] : []), field("Way", this.way), deep, clear),
      make("div", { class: "two" }, make("div", {}, chart.canvas, this.facts), this.result)), ...moving(this.desk, name, places, chart));
    this.facts.textContent = `Double-click, or press N, to set points; drag them.${more}`;
    chart.draw();
  }

  /** Walk through the points as they are now; while one walk is on its way, only the last is asked for. */
  private async walk(): Promise<void> {
    const { chart } = this;
    if (chart === null || chart.handles.length < 2) return;
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    try {
      const asked = { kind: "walk", model: this.model.value, points: chart.handles, way: this.way.value, frames: 60 };
      const job = await this.desk.board.ended(await post<Job>("/api/jobs", asked));
      if (job.state !== "done") { say(job.error, "error"); return; }
      const found = await get<Walk>(`/api/jobs/${job.id}/files/walk.json`);
      chart.way = found;
      chart.draw();
      const least = Math.min(...found.confidence);
      const off = found.confidence.filter((value) => value < 0.05).length / found.confidence.length;
      const far = Math.max(...found.distance).toPrecision(2);
      this.facts.textContent = `At most ${far} from the data; least confidence ${least.toFixed(2)}. ` +
        (off > 0 ? `${Math.round(100 * off)} % of the walk is off the data: do not trust it there.` : "All of it lies where data lie.");
      this.facts.className = off > 0 ? "said error" : "quiet";
      this.show(job, found);
    } finally {
      this.busy = false;
    }
    if (this.again) { this.again = false; await this.walk(); }
  }

  private show(job: Job, found: Walk): void {
    const parts: Node[] = found.pictures.map((picture) => this.film(picture, found));
    if (job.page !== "") parts.push(framed(job, "What the walk looks like"), this.keep(job));
    this.result.replaceChildren(...parts);
  }

  /** The walk in a format of choice; it is walked once more for it. */
  private keep(job: Job): HTMLElement {
    const format = choice([["npz", "NPZ"], ["csv", "CSV"], ["mot", "MOT"], ["sto", "STO"], ["bvh", "BVH"], ["trc", "TRC"]]);
    const links = make("div", {}, downloads(job));
    const button = action("Keep it", async () => {
      const made = await this.desk.board.ended(await post<Job>("/api/jobs", { ...job.asked, formats: [format.value] }));
      if (made.state !== "done") { say(made.error, "error"); return; }
      const refused = (made.result["refused"] ?? []) as string[];
      if (refused.length > 0) say(refused.join(" "), "error");
      links.replaceChildren(downloads(made));
    });
    return make("div", { class: "row" }, field("Format", format), button, links);
  }

  /** Frames of a field, one at a time, with the place of each on the map. */
  private film(picture: Walk["pictures"][number], found: Walk): HTMLElement {
    const [count, height, width] = picture.shape;
    const canvas = make("canvas", { class: "film", role: "img", "aria-label": "Rendered frame" });
    canvas.width = width;
    canvas.height = height;
    const slide = make("input", { type: "range", min: "0", max: String(count - 1), value: "0" });
    const draw = (): void => {
      const frame = Number(slide.value);
      const ink = canvas.getContext("2d");
      const image = ink?.createImageData(width, height);
      if (ink === null || image === undefined) return;
      for (let i = 0; i < width * height; i += 1) {
        const at = 2 * (frame * width * height + i);
        const grey = parseInt(picture.grey.slice(at, at + 2), 16);
        image.data.set([grey, grey, grey, 255], 4 * i);
      }
      ink.putImageData(image, 0, 0);
      if (this.chart !== null) { this.chart.at = frame; this.chart.draw(); }
      canvas.setAttribute("aria-label", `Rendered frame ${frame + 1} of ${count}, confidence ${(found.confidence[frame] ?? 0).toFixed(2)}`);
    };
    slide.addEventListener("input", draw);
    draw();
    return make("div", {}, canvas, field("Frame", slide));
  }

  private making(): Node[] {
    const dataset = choice([]);
    const by = new Boxes("By");
    const streams = new Boxes("Streams of a frame (the first by default)");
    const dims = number(3, 2, 64);
    const steps = number(2000, 1, 1_000_000);
    const controls = make("input", { type: "checkbox" });
    const name = naming("map");
    let all: DatasetAbout[] = [];
    const chosen = (): void => {
      const one = all.find((found) => found.name === dataset.value);
      by.fill([["time", "time"], ...(one?.labels ?? []).map((label): [string, string] => [label, label])], ["time"]);
      const there = Object.entries(one?.streams ?? {});
      const whole = there.filter(([, count]) => count === one?.recordings).map(([stream]) => stream);
      const likely = BODY.find((stream) => whole.includes(stream));
      streams.fill(there.map(([stream]): [string, string] => [stream, stream]), likely === undefined ? [] : [likely]);
    };
    dataset.addEventListener("change", chosen);
    void attempt(async () => {
      all = await get<DatasetAbout[]>("/api/datasets");
      dataset.replaceChildren(...all.map((one) => make("option", { value: one.name }, one.name)));
      chosen();
    });
    const made = form("Make the map", async () => {
      this.desk.board.put(await post<Job>("/api/jobs", {
        kind: "map", name: name.value, dataset: dataset.value, by: by.ticked, streams: streams.ticked,
        dims: Number(dims.value), steps: Number(steps.value), controls: controls.checked,
      }));
    }, make("h2", {}, "A new map"), make("div", { class: "grid" }, field("Dataset", dataset), field("Name", name), field("Dimensions", dims), field("Steps", steps)),
    make("div", { class: "grid" }, by.root, streams.root), field("Controls too: another seed, rescaled inputs, shuffled labels", controls));
    return [made, make("h2", {}, "Maps being made"), new Results(this.desk, ["map"], 4).root];
  }
}
