// A recording on a map: its way over it, and moving it towards a label, to a class, or onwards.

import { make } from "../src/words";
import type { Chart, Places } from "./chart";
import { action, attempt, Boxes, choice, type Desk, field, form, number, say } from "./parts";
import { Results } from "./results";
import { get, type Job, post } from "./server";
import { SourcePicker } from "./sources";

/** What can be done on a map with these labels; the values of the choice say how it is asked. */
function moves(labels: Places["labels"]): [string, string][] {
  const found: [string, string][] = [];
  for (const [name, values] of Object.entries(labels)) {
    if (values.every((value) => typeof value === "number")) found.push([`toward:${name}`, `${name} becomes …`]);
    else for (const word of [...new Set(values.map(String))].slice(0, 30)) found.push([`class:${word}`, `${name} becomes ${word}`]);
  }
  return [...found, ["forecast:", "it goes on for … frames"]];
}

export function moving(desk: Desk, model: string, places: Places, chart: Chart): Node[] {
  const picker = new SourcePicker();
  const what = choice(moves(places.labels));
  const value = make("input", { type: "number", step: "any", value: "1" });
  const share = number(1, 0, 1, "any");
  const amount = field("Number", value);
  const formats = new Boxes("Files");
  formats.fill([["mot", "MOT"], ["sto", "STO"], ["bvh", "BVH"], ["trc", "TRC"], ["csv", "CSV"], ["npz", "NPZ"]], ["csv"]);
  const needs = (): void => { amount.hidden = what.value.startsWith("class:"); };
  what.addEventListener("change", needs);
  needs();
  const way = action("Show its way", async () => {
    if (picker.source === null) { say("Drop a recording first, or import a dataset.", "error"); return; }
    const job = await desk.board.ended(await post<Job>("/api/jobs", { kind: "place", model, source: picker.source }));
    if (job.state !== "done") { say(job.error, "error"); return; }
    const found = await get<Places & { way: Chart["way"] }>(`/api/jobs/${job.id}/files/places.json`);
    chart.way = found.way;
    chart.draw();
  });
  const made = form("Move it", async () => {
    if (picker.source === null) { say("Drop a recording first, or import a dataset.", "error"); return; }
    const [kind, of] = [what.value.split(":", 1)[0] ?? "", what.value.slice(what.value.indexOf(":") + 1)];
    const asked = kind === "toward" ? { toward: of, value: Number(value.value) }
      : kind === "class" ? { to_class: of } : { forecast: Math.round(Number(value.value)) };
    desk.board.put(await post<Job>("/api/jobs", {
      kind: "edit", model, source: picker.source, share: Number(share.value), formats: [...formats.ticked, "html"], ...asked,
    }));
  }, make("h2", {}, "A recording on this map"), picker.root,
  make("div", { class: "grid" }, field("What", what), amount, field("How far (0 to 1)", share)), formats.root, make("div", { class: "row" }, way));
  void attempt(async () => { await picker.fill(); });
  return [made, new Results(desk, ["edit"], 3).root];
}
