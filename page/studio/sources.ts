// Choosing a recording: a dropped file, or one of a dataset.

import { make } from "../src/words";
import { choice, field } from "./parts";
import { type DatasetAbout, type Dropped, get, type RecordingAbout } from "./server";

export type Source = { file: string } | { dataset: string; recording: string };

export class SourcePicker {
  readonly root: HTMLElement;
  private readonly place = choice([]);
  private readonly recording = choice([]);
  private readonly second: HTMLElement;

  constructor(private readonly none = "", private readonly only = /(?:)/) {
    this.second = field("Recording", this.recording);
    this.root = make("div", { class: "grid" }, field("From", this.place), this.second);
    this.place.addEventListener("change", () => { void this.recordings(); });
  }

  async fill(): Promise<void> {
    const [files, datasets] = await Promise.all([get<Dropped[]>("/api/files"), get<DatasetAbout[]>("/api/datasets")]);
    const options = [
      ...(this.none === "" ? [] : [make("option", { value: "" }, this.none)]),
      ...files.filter((one) => this.only.test(one.name)).map((one) => make("option", { value: `file:${one.id}` }, one.name)),
      ...datasets.map((one) => make("option", { value: `data:${one.name}` }, `dataset ${one.name}`)),
    ];
    this.place.replaceChildren(...options);
    await this.recordings();
  }

  private async recordings(): Promise<void> {
    const value = this.place.value;
    this.second.hidden = !value.startsWith("data:");
    if (this.second.hidden) return;
    const found = await get<RecordingAbout[]>(`/api/recordings?dataset=${encodeURIComponent(value.slice(5))}`);
    this.recording.replaceChildren(...found.map((one) => make("option", { value: one.name }, `${one.name} (${one.subject})`)));
  }

  get source(): Source | null {
    const { value } = this.place;
    if (value.startsWith("file:")) return { file: value.slice(5) };
    if (value.startsWith("data:")) return { dataset: value.slice(5), recording: this.recording.value };
    return null;
  }
}
