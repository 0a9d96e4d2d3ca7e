// Parts that every page of the studio is made of.

import { make } from "../src/words";
import { type Board, ENDED, type Job, post, Refusal } from "./server";

/** What a page is made with. */
export interface Desk {
  board: Board;
  host: HTMLElement;
  /** Ends with the page, so that nothing listens on. */
  signal: AbortSignal;
}

/** Say something to everyone, also to those who listen. */
export function say(text: string, kind: "note" | "error" = "note"): void {
  const place = document.querySelector("#said");
  if (place === null) return;
  const line = make("p", { class: `said ${kind}` }, text);
  const shut = make("button", { type: "button", class: "plain", "aria-label": "Close this message" }, "×");
  shut.addEventListener("click", () => { line.remove(); });
  line.append(shut);
  place.replaceChildren(line);
  if (kind === "note") setTimeout(() => { line.remove(); }, 6000);
}

/** Do something that may be refused; the refusal is said. */
export async function attempt(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message, "error");
  }
}

export function action(label: string, call: () => Promise<void>, kind = ""): HTMLButtonElement {
  const made = make("button", { type: "button", class: `action ${kind}`.trim() }, label);
  made.addEventListener("click", () => {
    made.disabled = true;
    void attempt(call).finally(() => { made.disabled = false; });
  });
  return made;
}

let fields = 0;

/** A control with its label before it and a hint below. */
export function field(label: string, control: HTMLElement, hint = ""): HTMLElement {
  fields += 1;
  control.id = `field-${fields}`;
  const made = make("div", { class: "field" }, make("label", { for: control.id }, label), control);
  if (hint !== "") {
    const note = make("small", { id: `hint-${fields}` }, hint);
    control.setAttribute("aria-describedby", note.id);
    made.append(note);
  }
  return made;
}

export function choice(options: [string, string][], value = ""): HTMLSelectElement {
  const made = make("select");
  for (const [key, word] of options) made.append(make("option", { value: key }, word));
  if (options.some(([key]) => key === value)) made.value = value;
  return made;
}

export function number(value: number, least: number, most: number, step = "1"): HTMLInputElement {
  const limits = { min: String(least), max: String(most), step };
  return make("input", { type: "number", value: String(value), required: "", ...limits });
}

/** A name for something new. */
export function naming(value: string): HTMLInputElement {
  return make("input", {
    type: "text", value, required: "", pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*", maxlength: "60",
    autocomplete: "off", spellcheck: "false",
  });
}

/** Boxes of which any may be ticked. */
export class Boxes {
  readonly root: HTMLFieldSetElement;
  private readonly list = make("div", { class: "boxes" });

  constructor(label: string, private readonly changed: () => void = () => undefined) {
    this.root = make("fieldset", {}, make("legend", {}, label), this.list);
  }

  fill(options: [string, string][], ticked: string[]): void {
    this.list.replaceChildren();
    for (const [value, word] of options) {
      const box = make("input", { type: "checkbox", value });
      box.checked = ticked.includes(value);
      box.addEventListener("change", this.changed);
      this.list.append(make("label", {}, box, ` ${word}`));
    }
    if (options.length === 0) this.list.append(make("small", {}, "none"));
  }

  get ticked(): string[] {
    return [...this.list.querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value);
  }
}

/** A form whose button asks for a job. */
export function form(button: string, call: () => Promise<void>, ...children: Node[]): HTMLFormElement {
  const send = make("button", { type: "submit", class: "action first" }, button);
  const made = make("form", { class: "card form" }, ...children, make("div", { class: "row" }, send));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    send.disabled = true;
    void attempt(call).finally(() => { send.disabled = false; });
  });
  return made;
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const WORDS: Record<string, string> = {
  queued: "waits", running: "at work", done: "done", failed: "failed", cancelled: "cancelled",
};

/** What a job is of: the name of what is made, or of what is looked at. */
export function subject(job: Job): string {
  const asked = job.asked as {
    name?: string; model?: string; models?: string[]; texts?: string[]; word?: string; source?: { recording?: string | null } | null;
  };
  const of = asked.source?.recording ?? "";
  const shown = asked.name ?? asked.texts?.join(" | ") ?? asked.word ?? asked.models?.join(", ") ?? asked.model ?? of;
  return of !== "" && of !== shown ? `${shown} · ${of}` : shown;
}

/** How fast a job goes, from what was heard of it. */
export class Pace {
  private first: { time: number; done: number; doing: string } | null = null;

  left(job: Job): string {
    const now = performance.now() / 1000;
    if (this.first?.doing !== job.doing) this.first = { time: now, done: job.done, doing: job.doing };
    const made = job.done - this.first.done;
    if (made <= 0 || job.total <= job.done) return "";
    return `${duration(((job.total - job.done) * (now - this.first.time)) / made)} left`;
  }
}

export function stateLine(job: Job, left = ""): HTMLElement {
  const words = [job.stopping && !ENDED.includes(job.state) ? "stopping" : (WORDS[job.state] ?? job.state)];
  if (job.state === "running" && job.doing !== "") {
    words.push(job.total > 1 ? `${job.doing} ${job.done} of ${job.total}` : job.doing);
    if (left !== "") words.push(left);
  }
  if (ENDED.includes(job.state) && job.seconds > 0) words.push(duration(job.seconds));
  return make("p", { class: `state ${job.state}` }, words.join(" · "));
}

export function progress(job: Job): HTMLElement {
  const made = make("progress", { "aria-label": `Progress of ${job.kind} ${subject(job)}` });
  if (job.total > 0) {
    made.max = job.total;
    made.value = job.done;
  }
  made.hidden = job.state !== "running";
  return made;
}

/** Links to what a job made. */
export function downloads(job: Job): HTMLElement {
  const made = make("p", { class: "row files" });
  for (const name of job.files) {
    if (/^(places|walk)\.json$/.test(name)) continue;
    const href = `/api/jobs/${job.id}/files/${encodeURIComponent(name)}`;
    made.append(make("a", { href, download: name }, name));
  }
  return made;
}

/** The page that a job made, kept apart from this one. */
export function framed(job: Job, label: string): HTMLIFrameElement {
  return make("iframe", {
    title: label, sandbox: "allow-scripts allow-downloads", src: `/api/jobs/${job.id}/page`, class: "result",
  });
}

export function controls(job: Job, board: Board): HTMLElement {
  const row = make("div", { class: "row" });
  if (!ENDED.includes(job.state)) {
    const word = job.kind === "train" ? "Stop" : "Cancel";
    row.append(action(word, async () => { board.put(await post<Job>(`/api/jobs/${job.id}/cancel`)); }));
  } else if (job.state !== "done" && job.kind !== "describe") {
    const word = job.kind === "train" ? "Resume" : "Again";
    row.append(action(word, async () => { board.put(await post<Job>(`/api/jobs/${job.id}/again`)); }));
  }
  return row;
}

export function empty(text: string): HTMLElement {
  return make("p", { class: "quiet" }, text);
}
