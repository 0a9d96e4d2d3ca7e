// Train: what from what, then loss, previews and time left while it runs; stop and resume.

import uPlot from "uplot";

import { colour, make, plural } from "../src/words";
import {
  attempt, Boxes, choice, controls, type Desk, empty, field, form, naming, number, Pace, progress, say, stateLine, subject,
} from "./parts";
import { type Curve, type DatasetAbout, ENDED, get, type Job, post } from "./server";

const OFTEN = 1500;

export class Train {
  private readonly dataset = choice([]);
  private readonly given = new Boxes("Given");
  private readonly want = new Boxes("To generate");
  private readonly runs = make("div");
  private readonly shown = new Map<number, Run>();
  private all: DatasetAbout[] = [];

  constructor(private readonly desk: Desk) {
    this.dataset.addEventListener("change", () => { this.streams(); });
    const name = naming("forces");
    const method = choice([["llma", "these from those"], ["llma-any", "any from any"]]);
    const size = choice([["tiny", "tiny (a try)"], ["small", "small"], ["medium", "medium"]], "small");
    const steps = number(3000, 1, 1_000_000);
    const rate = number(100, 1, 10_000, "any");
    const frames = number(100, 8, 2000);
    const mass = make("input", { type: "checkbox" });
    mass.checked = true;
    const previews = number(200, 0, 1_000_000);
    const made = form("Train", async () => {
      const asked = {
        kind: "train", name: name.value, dataset: this.dataset.value, given: this.given.ticked, want: this.want.ticked,
        method: method.value, size: size.value, steps: Number(steps.value), rate_hz: Number(rate.value),
        frames: Number(frames.value), per_mass: mass.checked, previews: Number(previews.value),
      };
      if (asked.given.length === 0 || asked.want.length === 0) { say("Tick what is given and what is to be generated.", "error"); return; }
      desk.board.put(await post<Job>("/api/jobs", asked));
    },
    make("h2", {}, "A new model"),
    make("div", { class: "grid" }, field("Dataset", this.dataset), field("Name", name), field("Method", method), field("Network", size),
      field("Steps", steps), field("Frames a second", rate), field("Frames a window", frames), field("Steps between previews", previews)),
    make("div", { class: "grid" }, this.given.root, this.want.root), field("Forces and moments by body mass", mass));
    desk.host.append(made, make("h2", {}, "Trainings"), this.runs);
    desk.board.on((job) => { if (job.kind === "train") this.show(job); }, desk.signal);
    for (const job of desk.board.newest(["train"]).reverse()) this.show(job);
    if (this.shown.size === 0) this.runs.append(empty("None yet."));
    void attempt(async () => { await this.fill(); });
  }

  private async fill(): Promise<void> {
    this.all = await get<DatasetAbout[]>("/api/datasets");
    this.dataset.replaceChildren(...this.all.map((one) =>
      make("option", { value: one.name }, `${one.name} (${plural(one.recordings, "recording")})`)));
    this.streams();
  }

  private streams(): void {
    const one = this.all.find((found) => found.name === this.dataset.value);
    const names = Object.keys(one?.streams ?? {});
    const options = names.map((name): [string, string] => [name, name]);
    this.given.fill(options, names.includes("angles") ? ["angles"] : names.slice(0, 1));
    this.want.fill(options, names.includes("grf") ? ["grf"] : names.slice(1, 2));
  }

  private show(job: Job): void {
    let run = this.shown.get(job.id);
    if (run === undefined) {
      if (this.shown.size === 0) this.runs.replaceChildren();
      run = new Run(this.desk);
      this.shown.set(job.id, run);
      this.runs.prepend(run.root);
    }
    run.show(job);
  }
}

/** One training. */
class Run {
  readonly root = make("article", { class: "card run" });
  private readonly head = make("div");
  private readonly plotHost = make("div", { class: "loss", role: "img", "aria-label": "Loss by step" });
  private readonly picture = make("img", { class: "preview", alt: "Recorded and generated curves of one window", hidden: "" });
  private readonly pace = new Pace();
  private plot: uPlot | null = null;
  private timer = 0;
  private job: Job | null = null;

  constructor(private readonly desk: Desk) {
    this.root.append(this.head, this.plotHost, this.picture);
    desk.signal.addEventListener("abort", () => { clearInterval(this.timer); this.plot?.destroy(); });
  }

  show(job: Job): void {
    const first = this.job === null;
    this.job = job;
    const parts: Node[] = [make("h3", {}, subject(job)), stateLine(job, this.pace.left(job)), progress(job)];
    if (job.error !== "") parts.push(make("p", { class: job.state === "failed" ? "said error" : "quiet" }, job.error));
    if (job.state === "done") parts.push(make("p", {}, make("a", { href: "#generate" }, "Generate with it")));
    this.head.replaceChildren(...parts, controls(job, this.desk.board));
    const runs = job.state === "running";
    if (runs && this.timer === 0) this.timer = window.setInterval(() => { void this.curve(); }, OFTEN);
    if (!runs && this.timer !== 0) { clearInterval(this.timer); this.timer = 0; }
    if (first || ENDED.includes(job.state)) void this.curve();
  }

  private async curve(): Promise<void> {
    if (this.job === null) return;
    const found = await get<Curve>(`/api/jobs/${this.job.id}/curve`).catch(() => null);
    if (found === null || this.desk.signal.aborted) return;
    const last = found.previews.at(-1);
    if (last !== undefined) {
      this.picture.hidden = false;
      const src = `/api/jobs/${this.job.id}/preview?step=${last}`;
      if (this.picture.getAttribute("src") !== src) this.picture.setAttribute("src", src);
    }
    if (found.step.length < 2) return;
    const value = found.loss.at(-1);
    this.plotHost.setAttribute("aria-label", `Loss by step: ${String(value ?? "none")} after ${String(found.step.at(-1))}`);
    if (this.plot === null) this.plot = this.drawn();
    this.plot.setSize({ width: Math.max(this.plotHost.clientWidth, 200), height: 170 });
    this.plot.setData([found.step, found.loss]);
  }

  private drawn(): uPlot {
    const axis = { stroke: colour("muted"), grid: { stroke: colour("rule"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    return new uPlot({
      width: 400, height: 170, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false } },
      axes: [{ ...axis, label: "step", labelSize: 16, labelFont: "12px system-ui" }, { ...axis, label: "loss", labelSize: 16, labelFont: "12px system-ui", size: 56 }],
      series: [{}, { stroke: colour("blue"), width: 1.6, spanGaps: false }],
    }, [[], []], this.plotHost);
  }
}
