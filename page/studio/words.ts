// Words into motion: say what is done, teach a word for what has none, make a part of a clip anew.

import { make } from "../src/words";
import { action, attempt, Boxes, choice, type Desk, empty, field, form, number, say } from "./parts";
import { Results } from "./results";
import { type Dropped, get, type Job, type ModelAbout, post, type WordAbout } from "./server";
import { SourcePicker } from "./sources";

/** Files that can hold a motion of a skeleton. */
const CLIP = /\.(bvh|npz)$/i;

export class Words {
  private readonly model = choice([]);
  private readonly learned = make("div", { class: "row" });
  private readonly texts = make("textarea", { rows: "2", required: "", maxlength: "5000", spellcheck: "false" });
  private readonly clips = new Boxes("Clips that show it (BVH, or NPZ of motions)");

  constructor(private readonly desk: Desk) {
    this.texts.value = "a person walks";
    desk.host.append(this.speaking(), make("h2", {}, "Motions"), new Results(desk, ["speak"]).root,
      this.teaching(), new Results(desk, ["learn"], 3).root);
    this.model.addEventListener("change", () => { void attempt(async () => { await this.known(); }); });
    desk.board.on((job) => { if (job.kind === "learn" && job.state === "done") void attempt(async () => { await this.known(); }); }, desk.signal);
    void attempt(async () => { await this.fill(); });
  }

  private speaking(): HTMLElement {
    const seconds = number(4, 0.1, 120, "any");
    const samples = number(1, 1, 32);
    const seed = number(0, 0, 2 ** 31 - 1);
    const clip = new SourcePicker("none: a whole motion", CLIP);
    const frames = make("input", { type: "text", placeholder: "0:20,60:80", maxlength: "1000", autocomplete: "off" });
    const joints = make("input", { type: "text", placeholder: "Hips,LeftUpLeg", maxlength: "5000", autocomplete: "off" });
    const formats = new Boxes("Files");
    formats.fill([["bvh", "BVH"], ["npz", "NPZ"]], ["bvh"]);
    const part = make("details", {}, make("summary", {}, "A part of your own clip"), clip.root,
      make("div", { class: "grid" }, field("Frames that stay", frames), field("Joints that stay", joints)));
    part.addEventListener("toggle", () => { if (part.open) void attempt(async () => { await clip.fill(); }); });
    return form("Make the motion", async () => {
      const texts = this.texts.value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
      if (texts.length === 0) { say("Say what is done.", "error"); return; }
      if (this.model.value === "") { say("There is no model of text to motion here; put one into the folder, or take one in under Models.", "error"); return; }
      const source = part.open ? clip.source : null;
      this.desk.board.put(await post<Job>("/api/jobs", {
        kind: "speak", model: this.model.value, texts, seconds: Number(seconds.value), samples: Number(samples.value),
        seed: Number(seed.value), formats: [...formats.ticked, "html"], source,
        ...(source === null ? {} : { keep_frames: frames.value.trim(), keep_joints: joints.value.trim() }),
      }));
    }, make("h2", {}, "Words into motion"), field("Model", this.model, "Models made with the method lead."),
    field("What is done", this.texts, "One line a part; several lines follow one another."), this.learned,
    make("div", { class: "grid" }, field("Seconds a line", seconds), field("Motions", samples), field("Seed", seed)), part, formats.root);
  }

  private teaching(): HTMLElement {
    const word = make("input", { type: "text", required: "", pattern: "\\*?[a-z][a-z0-9\\-]{0,29}\\*?", placeholder: "limp", autocomplete: "off", spellcheck: "false" });
    const steps = number(300, 0, 100_000);
    return form("Teach the word", async () => {
      if (this.clips.ticked.length === 0) { say("Tick a clip or more that show it; drop them under Recordings.", "error"); return; }
      const written = `*${word.value.replaceAll("*", "")}*`;
      const clips = this.clips.ticked.map((file) => ({ file }));
      this.desk.board.put(await post<Job>("/api/jobs", { kind: "learn", model: this.model.value, word: written, clips, steps: Number(steps.value) }));
    }, make("h2", {}, "A new word"), make("div", { class: "grid" },
      field("Word", word, "In texts it stands between asterisks."), field("Steps", steps)), this.clips.root);
  }

  private async fill(): Promise<void> {
    const [models, files] = await Promise.all([get<ModelAbout[]>("/api/models"), get<Dropped[]>("/api/files")]);
    const found = models.filter((one) => one.kind === "words");
    this.model.replaceChildren(...found.map((one) => make("option", { value: one.name }, one.name)));
    this.clips.fill(files.filter((file) => CLIP.test(file.name)).map((file): [string, string] => [file.id, file.name]), []);
    await this.known();
  }

  /** Learned words of the model, to be put into the text, and to be kept. */
  private async known(): Promise<void> {
    const model = this.model.value;
    if (model === "") { this.learned.replaceChildren(empty("No model of text to motion yet.")); return; }
    const found = await get<WordAbout[]>(`/api/words?model=${encodeURIComponent(model)}`);
    const parts: Node[] = found.length > 0 ? [make("small", {}, "Learned words:")] : [];
    for (const { word } of found) {
      const href = `/api/word?model=${encodeURIComponent(model)}&word=${encodeURIComponent(word)}`;
      const put = action(word, async () => {
        const { texts } = this;
        const space = /\S$/.test(texts.value.slice(0, texts.selectionStart)) ? " " : "";
        texts.setRangeText(space + word, texts.selectionStart, texts.selectionEnd, "end");
        texts.focus();
        return Promise.resolve();
      });
      put.setAttribute("aria-label", `Put ${word} into the text`);
      const name = `${word.replaceAll("*", "")}.word`;
      parts.push(put, make("a", { href, download: name }, name));
    }
    this.learned.replaceChildren(...parts);
  }
}
