// Recordings: drop files, see what was understood, answer doubts in one click, make a dataset.

import { make, plural } from "../src/words";
import { action, attempt, Boxes, type Desk, downloads, empty, field, form, framed, naming, say, size } from "./parts";
import {
  type Answers, type DatasetAbout, type Described, drop, type Dropped, get, type Job, largest, type Offer, post, put, type RecordingAbout, remove,
} from "./server";
import type { Source } from "./sources";

const AT_ONCE = 3;
const MOST = 12;

/** The timeline page of recordings, in a place of this page, with a link to keep it. */
async function look(desk: Desk, sources: Source[], place: HTMLElement, label: string): Promise<void> {
  const [source, ...beside] = sources;
  const job = await desk.board.ended(await post<Job>("/api/jobs", { kind: "view", source, beside }));
  if (job.state !== "done") { say(job.error, "error"); return; }
  place.querySelectorAll("iframe, .files").forEach((old) => { old.remove(); });
  const frame = framed(job, label);
  place.append(downloads(job), frame);
  frame.scrollIntoView({ block: "nearest" });
}

export class Recordings {
  private readonly files = make("div", { class: "files-list" });
  private readonly datasets = make("div");
  private readonly about = make("section", { class: "card", "aria-label": "What was understood", hidden: "" });
  private readonly meter = make("p", { class: "quiet", role: "status" });
  private chosen = "";
  private all: Dropped[] = [];
  private readonly ticked = new Set<string>();
  /** What was typed of a file and not saved, by field: pages are drawn again while one types. */
  private readonly typed = new Map<string, Map<string, string>>();

  constructor(private readonly desk: Desk) {
    const name = naming("gait");
    const made = form(
      "Make a dataset", async () => { await this.dataset(name.value); },
      make("h2", {}, "A dataset of these files"),
      field("Name", name, "Files of one trial are joined; forces by foot and events are derived."),
    );
    desk.host.append(
      this.zone(), this.meter, make("div", { class: "two" }, this.files, this.about), made,
      make("h2", {}, "Datasets"), this.datasets,
    );
    desk.board.on((job) => { this.changed(job); }, desk.signal);
    void attempt(async () => { await this.refresh(); });
  }

  private zone(): HTMLElement {
    const input = make("input", { type: "file", multiple: "", id: "drop", class: "unseen" });
    input.addEventListener("change", () => { void this.take([...(input.files ?? [])]); });
    const label = make("label", { for: "drop" }, make("strong", {}, "Drop recordings here"),
      make("span", {}, "C3D, TRC, MOT, STO, BVH, CSV, Parquet, NPZ, MAT; or choose files"));
    const zone = make("div", { class: "zone" }, input, label);
    for (const kind of ["dragover", "dragenter"]) {
      zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
    }
    zone.addEventListener("dragleave", () => { zone.classList.remove("over"); });
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      void this.take([...(event.dataTransfer?.files ?? [])]);
    });
    return zone;
  }

  /** Send files, a few at a time; one that is refused does not keep the others. */
  private async take(files: File[]): Promise<void> {
    let done = 0;
    const refused: string[] = [];
    const waiting = [...files];
    let most = Infinity;
    await attempt(async () => { most = await largest(); });
    const lane = async (): Promise<void> => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        try {
          const kept = await drop<Dropped>(`/api/files?name=${encodeURIComponent(file.name)}`, file, most);
          this.ticked.add(kept.id);
          if (this.chosen === "") this.chosen = kept.id;
        } catch (error) {
          refused.push(`${file.name}: ${error instanceof Error ? error.message : "not taken"}`);
        }
        done += 1;
        this.meter.textContent = `${done} of ${plural(files.length, "file")}`;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    this.meter.textContent = "";
    if (refused.length > 0) say(refused.slice(0, 3).join(" "), "error");
    await attempt(async () => { await this.refresh(); });
  }

  private changed(job: Job): void {
    if (job.state === "running" || job.state === "queued") return;
    if (job.kind === "describe" && this.all.some((file) => file.job === job.id)) void this.refresh();
    if (job.kind === "import") void this.listDatasets();
  }

  private async refresh(): Promise<void> {
    this.all = await get<Dropped[]>("/api/files");
    if (!this.all.some((file) => file.id === this.chosen)) this.chosen = this.all[0]?.id ?? "";
    const rows = this.all.map((file) => this.row(file));
    this.files.replaceChildren(...(rows.length > 0 ? rows : [empty("No files yet.")]));
    await Promise.all([this.show(), this.listDatasets()]);
  }

  private row(file: Dropped): HTMLElement {
    const box = make("input", { type: "checkbox", "aria-label": `Take ${file.name} into a dataset` });
    box.checked = this.ticked.has(file.id);
    box.addEventListener("change", () => {
      if (box.checked) this.ticked.add(file.id);
      else this.ticked.delete(file.id);
    });
    const open = make("button", { type: "button", class: "plain name" }, file.name, " ", make("small", {}, size(file.bytes)));
    if (file.id === this.chosen) open.setAttribute("aria-current", "true");
    open.addEventListener("click", () => {
      this.chosen = file.id;
      void attempt(async () => { await this.refresh(); });
    });
    const gone = action("×", async () => {
      await remove(`/api/files/${file.id}`);
      this.ticked.delete(file.id);
      await this.refresh();
    }, "plain");
    gone.setAttribute("aria-label", `Remove ${file.name}`);
    return make("div", { class: "file" }, box, open, gone);
  }

  private async show(): Promise<void> {
    this.about.hidden = this.chosen === "";
    if (this.chosen === "") return;
    const found = await get<Described>(`/api/files/${this.chosen}`);
    const { activeElement } = document;
    const writing = activeElement instanceof HTMLInputElement && this.about.contains(activeElement) ? activeElement.name : "";
    this.about.replaceChildren(make("h2", {}, found.file.name));
    if (found.error !== "") this.about.append(make("p", { class: "said error" }, found.error));
    else if (found.described === null) this.about.append(empty("Reading …"));
    this.about.append(...this.doubts(found), this.answers(found), ...this.table(found));
    const row = make("div", { class: "row" }, action("Look at it", async () => { await this.view([found.file]); }));
    const ticked = this.all.filter((file) => this.ticked.has(file.id));
    if (ticked.length > 1) row.append(action(`Compare the ${ticked.length} that are ticked`, async () => { await this.view(ticked); }));
    this.about.append(row);
    if (writing !== "") this.about.querySelector<HTMLInputElement>(`[name="${writing}"]`)?.focus();
  }

  private doubts(found: Described): HTMLElement[] {
    const about = found.described;
    if (about === null) return [];
    if (about.doubts.length === 0) return [make("p", { class: "fine" }, "Nothing looks wrong.")];
    const list = make("ul", { class: "doubts" });
    about.doubts.forEach((doubt, i) => {
      const offers = found.offers[i] ?? [];
      const row = make("div", { class: "row" });
      for (const offer of offers) row.append(this.offer(found, offer));
      const where = doubt.stream === "" ? "" : `${doubt.stream}: `;
      const hint = offers.length > 0 ? "" : doubt.remedy;
      list.append(make("li", {}, `${where}${doubt.message}. `, make("small", {}, hint), row));
    });
    return [make("h3", {}, plural(about.doubts.length, "doubt")), list];
  }

  private offer(found: Described, offer: Offer): HTMLElement {
    return action(offer.label, async () => {
      if (offer.ask !== "") { this.about.querySelector<HTMLInputElement>(`[name="${offer.ask}"]`)?.focus(); return; }
      const { answers } = found.file;
      const units = { ...answers.units, ...offer.answer.units };
      const reverse = [...new Set([...(answers.reverse ?? []), ...(offer.answer.reverse ?? [])])];
      const swap = [...new Set([...(answers.swap ?? []), ...(offer.answer.swap ?? [])])];
      await this.answer(found.file, { ...answers, ...offer.answer, units, reverse, swap });
    });
  }

  private async answer(file: Dropped, answers: Answers): Promise<void> {
    await put<Dropped>(`/api/files/${file.id}/answers`, answers);
    await this.refresh();
  }

  /** Who it was, and how fast it was recorded: what no file says for certain. */
  private answers(found: Described): HTMLElement {
    const { answers } = found.file;
    const known = (found.described?.known ?? {}) as { mass_kg?: number; height_m?: number };
    const typed = this.typed.get(found.file.id) ?? new Map<string, string>();
    this.typed.set(found.file.id, typed);
    const box = (name: "subject" | "mass_kg" | "height_m" | "rate_hz", how: Record<string, string>): HTMLInputElement => {
      const made = make("input", { name, value: typed.get(name) ?? String(answers[name] ?? ""), ...how });
      made.addEventListener("input", () => { typed.set(name, made.value); });
      return made;
    };
    const person = box("subject", { type: "text", maxlength: "100", placeholder: found.described?.subject ?? "" });
    const figure = (name: "mass_kg" | "height_m" | "rate_hz", least: string, most: string, placeholder: number | string = ""): HTMLInputElement =>
      box(name, { type: "number", min: least, max: most, step: "any", placeholder: String(placeholder) });
    const mass = figure("mass_kg", "1", "500", known.mass_kg);
    const height = figure("height_m", "0.3", "2.8", known.height_m);
    const rate = figure("rate_hz", "0", "10000000", "as in the file");
    const told = (box: HTMLInputElement): number | null => box.value === "" ? null : Number(box.value);
    const many = this.ticked.size > 1 ? " for all ticked" : "";
    const save = action(`Save${many}`, async () => {
      const said: Answers = {
        subject: person.value.trim() === "" ? null : person.value.trim(),
        mass_kg: told(mass), height_m: told(height), rate_hz: told(rate),
      };
      // What was left empty says nothing of the other files; what was made empty is taken back.
      const more = Object.fromEntries(Object.entries(said).filter(([name, value]) => value !== null || (answers[name as keyof Answers] ?? null) !== null));
      const files = this.all.filter((file) => file.id === found.file.id || this.ticked.has(file.id));
      for (const file of files) await put<Dropped>(`/api/files/${file.id}/answers`, { ...file.answers, ...more });
      typed.clear();
      await this.refresh();
    });
    const row = make("div", { class: "row answers" }, field("Person", person), field("Body mass (kg)", mass),
      field("Body height (m)", height), field("Frames a second", rate), save);
    return make("div", {}, ...this.said(found.file), row);
  }

  private said(file: Dropped): HTMLElement[] {
    const { answers } = file;
    const said = Object.entries(answers.units ?? {}).map(([name, unit]) => `${name} in ${unit}`);
    if (answers.up) said.push(`${answers.up} is up`);
    for (const name of answers.reverse ?? []) said.push(`${name} acts on the plate`);
    for (const name of answers.swap ?? []) said.push(`left and right of ${name} are swapped`);
    if (said.length === 0) return [];
    const { subject = null, mass_kg = null, height_m = null, rate_hz = null } = answers;
    const kept = { subject, mass_kg, height_m, rate_hz };
    const undo = action("Take back", async () => { await this.answer(file, kept); }, "plain");
    return [make("p", { class: "fine" }, `You said: ${said.join("; ")}. `, undo)];
  }

  private table(found: Described): HTMLElement[] {
    const about = found.described;
    if (about === null) return [];
    const head = make("tr", {}, ...["stream", "channels", "unit", "Hz", "s", "missing", "up"].map((word) => make("th", { scope: "col" }, word)));
    const rows = about.streams.map((stream) => make("tr", {},
      make("th", { scope: "row" }, stream.name), make("td", {}, String(stream.channels.length)),
      make("td", {}, Object.keys(stream.units).join(", ")), make("td", {}, String(Math.round(stream.measured_hz * 10) / 10)),
      make("td", {}, (stream.stop_s - stream.start_s).toFixed(2)),
      make("td", {}, stream.missing > 0 ? `${(100 * stream.missing).toFixed(1)} %` : "–"),
      make("td", {}, (stream.frame["up"] ?? "unknown").replace("unknown", "?"))));
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
    const events = Object.entries(about.events).map(([name, count]) => `${count} ${name}`).join(", ");
    const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Streams" }, table);
    return [scroll, make("p", { class: "quiet" }, `${about.recording}, ${about.subject}; events: ${events === "" ? "none" : events}`)];
  }

  private async view(files: Dropped[]): Promise<void> {
    const sources = files.slice(0, MOST).map((file): Source => ({ file: file.id }));
    await look(this.desk, sources, this.about, `Timeline of ${files.map((file) => file.name).join(", ")}`);
  }

  private async dataset(name: string): Promise<void> {
    const files = this.all.filter((file) => this.ticked.has(file.id)).map((file) => file.id);
    if (files.length === 0) { say("Tick the files that belong to it.", "error"); return; }
    const job = await this.desk.board.ended(await post<Job>("/api/jobs", { kind: "import", name, files }));
    if (job.state !== "done") { say(job.error, "error"); return; }
    const bad = (job.result["bad"] ?? []) as { file: string; reason: string }[];
    const kept = (job.result["kept"] ?? []) as string[];
    const not = bad.map((one) => `${one.file}: ${one.reason}`).join(" ");
    say(`${plural(kept.length, "recording")} in ${name}. ${not}`, bad.length > 0 ? "error" : "note");
  }

  /** Recordings of a dataset, of which several can be looked at together. */
  private inside(one: DatasetAbout): HTMLElement {
    const boxes = new Boxes("Recordings");
    const place = make("div");
    const button = action("Look at the ticked ones", async () => {
      const sources = boxes.ticked.slice(0, MOST).map((recording): Source => ({ dataset: one.name, recording }));
      if (sources.length === 0) { say("Tick a recording.", "error"); return; }
      await look(this.desk, sources, place, `Recordings of ${one.name}`);
    });
    const made = make("details", {}, make("summary", {}, "Recordings"), boxes.root, button, place);
    made.addEventListener("toggle", () => {
      if (!made.open) return;
      void attempt(async () => {
        const found = await get<RecordingAbout[]>(`/api/recordings?dataset=${encodeURIComponent(one.name)}`);
        boxes.fill(found.map((it): [string, string] => [it.name, `${it.name} (${it.subject}, ${it.duration_s.toFixed(1)} s)`]), found.slice(0, 1).map((it) => it.name));
      });
    });
    return made;
  }

  private async listDatasets(): Promise<void> {
    const found = await get<DatasetAbout[]>("/api/datasets");
    const rows = found.map((one) => make("article", { class: "card" }, make("h3", {}, one.name),
      make("p", {}, `${plural(one.recordings, "recording")} of ${one.subjects === 1 ? "1 person" : `${one.subjects} people`}`),
      make("p", { class: "quiet" }, Object.keys(one.streams).join(", ")), this.inside(one)));
    this.datasets.replaceChildren(...(rows.length > 0 ? rows : [empty("No datasets yet.")]));
  }
}
