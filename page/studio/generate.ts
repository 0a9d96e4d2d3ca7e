// Generate, compare, translate, and the models themselves.

import { make } from "../src/words";
import { action, attempt, Boxes, choice, type Desk, empty, field, form, naming, number, say } from "./parts";
import { Results } from "./results";
import { type DatasetAbout, drop, get, type Job, largest, type ModelAbout, post } from "./server";
import { SourcePicker } from "./sources";

const arrow = (model: ModelAbout): string => `${model.name}: ${model.given.join(", ")} → ${model.want.join(", ")}`;

async function models(kind: string): Promise<ModelAbout[]> {
  return (await get<ModelAbout[]>("/api/models")).filter((model) => model.kind === kind);
}

/** One model generates, several are compared on one page with what was recorded. */
export function generate(desk: Desk): void {
  const picker = new SourcePicker();
  const boxes = new Boxes("Models (several are compared)");
  const samples = number(32, 1, 1000);
  const seed = number(0, 0, 2 ** 31 - 1);
  const physics = choice([["floor", "no floor pulls"], ["balance", "Newton's balance"], ["none", "as drawn"]]);
  const formats = new Boxes("Files");
  formats.fill([["mot", "MOT"], ["sto", "STO"], ["trc", "TRC"], ["bvh", "BVH"], ["csv", "CSV"], ["npz", "NPZ with samples and bands"]], ["mot"]);
  desk.host.append(form("Generate", async () => {
    const source = picker.source;
    if (source === null) { say("Drop a recording first, or import a dataset.", "error"); return; }
    if (boxes.ticked.length === 0) { say("Tick a model.", "error"); return; }
    desk.board.put(await post<Job>("/api/jobs", {
      kind: "generate", models: boxes.ticked, source, samples: Number(samples.value), seed: Number(seed.value),
      physics: physics.value, formats: [...formats.ticked, "html"],
    }));
  }, make("h2", {}, "Generate and compare"), picker.root, boxes.root,
  make("div", { class: "grid" }, field("Samples", samples), field("Seed", seed), field("Physics", physics)), formats.root),
  make("h2", {}, "Results"), new Results(desk, ["generate"]).root);
  const fill = async (): Promise<void> => {
    const found = await models("generator");
    boxes.fill(found.map((model) => [model.name, arrow(model)]), found.slice(0, 1).map((model) => model.name));
    await picker.fill();
  };
  void attempt(fill);
}

/** Carry one kind of thing into another. */
export function translate(desk: Desk): void {
  const picker = new SourcePicker();
  const model = choice([]);
  const samples = number(8, 0, 1000);
  const formats = new Boxes("Files");
  formats.fill([["npz", "NPZ"], ["png", "PNG (pictures, solids)"], ["obj", "OBJ (solids)"], ["glb", "GLB (solids)"], ["mot", "MOT"], ["sto", "STO"], ["bvh", "BVH"], ["csv", "CSV"]], ["npz"]);
  desk.host.append(form("Translate", async () => {
    if (picker.source === null || model.value === "") { say("Choose a bridge and a recording or an .npz file.", "error"); return; }
    desk.board.put(await post<Job>("/api/jobs", {
      kind: "translate", model: model.value, source: picker.source, samples: Number(samples.value), formats: formats.ticked,
    }));
  }, make("h2", {}, "Translate"), field("Bridge", model, "Models made with the method lddbm."), picker.root, field("Samples", samples), formats.root),
  make("h2", {}, "Results"), new Results(desk, ["translate"]).root);
  void attempt(async () => {
    const found = await models("bridge");
    model.replaceChildren(...found.map((one) => make("option", { value: one.name }, arrow(one))));
    await picker.fill();
  });
}

/** What the models are: their cards, whether they are whole, how good they are; and new ones from outside. */
export class Models {
  private readonly list = make("div");
  private datasets: DatasetAbout[] = [];

  constructor(private readonly desk: Desk) {
    const name = naming("model");
    const file = make("input", { type: "file", accept: ".zip", required: "" });
    desk.host.append(this.list, form("Take it in", async () => {
      const zip = file.files?.[0];
      if (zip === undefined) return;
      const job = await desk.board.ended(await drop<Job>(`/api/models?name=${encodeURIComponent(name.value)}`, zip, await largest()));
      if (job.state === "done") say(`${name.value} is whole, and was taken in.`);
      else say(job.error, "error");
      await this.fill();
    }, make("h2", {}, "A model from outside"), field("Name", name), field("Its folder as a .zip", file, "It is verified byte by byte before it is used.")),
    make("h2", {}, "Reports"), new Results(desk, ["evaluate"], 3).root);
    void attempt(async () => { await this.fill(); });
  }

  private async fill(): Promise<void> {
    this.datasets = await get<DatasetAbout[]>("/api/datasets");
    const found = await get<ModelAbout[]>("/api/models");
    const cards = found.map((model) => this.card(model));
    this.list.replaceChildren(...(cards.length > 0 ? cards : [empty("No models yet: train one.")]));
  }

  private card(model: ModelAbout): HTMLElement {
    const text = make("pre", { tabindex: "0" });
    const details = make("details", {}, make("summary", {}, "Card"), text);
    details.addEventListener("toggle", () => {
      void attempt(async () => { text.textContent = (await get<ModelAbout>(`/api/model?name=${encodeURIComponent(model.name)}`)).card; });
    });
    const verify = action("Verify", async () => {
      const job = await this.desk.board.ended(await post<Job>(`/api/model/verify?name=${encodeURIComponent(model.name)}`));
      say(job.state === "done" ? `${model.name} is as it was sealed.` : job.error, job.state === "done" ? "note" : "error");
    });
    const row = make("div", { class: "row" }, verify);
    if (model.kind === "generator" && this.datasets.length > 0) {
      const data = choice(this.datasets.map((one): [string, string] => [one.name, one.name]));
      data.setAttribute("aria-label", `Dataset to evaluate ${model.name} on`);
      row.append(data, action("Evaluate", async () => {
        this.desk.board.put(await post<Job>("/api/jobs", { kind: "evaluate", model: model.name, dataset: data.value }));
      }));
    }
    const kind = model.kind === "" ? "cannot be read" : `${model.kind}, ${model.method}, ${model.made.slice(0, 10)}`;
    return make("article", { class: "card" }, make("h3", {}, arrow(model)), make("p", { class: "quiet" }, kind), row, details);
  }
}
