// Results of jobs of some kinds, newest first, each with its page and its files.

import { make } from "../src/words";
import { controls, type Desk, downloads, empty, framed, Pace, progress, stateLine, subject } from "./parts";
import type { Job } from "./server";

export class Results {
  readonly root = make("div", { class: "results" });
  private readonly shown = new Map<number, { card: HTMLElement; state: string; pace: Pace }>();

  constructor(private readonly desk: Desk, private readonly kinds: string[], private readonly most = 6) {
    this.root.append(empty("Nothing yet."));
    desk.board.on((job) => { if (kinds.includes(job.kind)) this.show(job); }, desk.signal);
    for (const job of desk.board.newest(kinds).slice(0, most).reverse()) this.show(job);
  }

  private show(job: Job): void {
    let known = this.shown.get(job.id);
    if (known === undefined) {
      if (this.shown.size === 0) this.root.replaceChildren();
      known = { card: make("article", { class: "card" }), state: "", pace: new Pace() };
      this.shown.set(job.id, known);
      this.root.prepend(known.card);
      const oldest = [...this.shown.keys()].sort((a, b) => a - b)[0];
      if (this.shown.size > this.most && oldest !== undefined) {
        this.shown.get(oldest)?.card.remove();
        this.shown.delete(oldest);
      }
    }
    if (known.state === "done") return; // its page is not drawn anew
    known.state = job.state;
    const parts: Node[] = [make("h3", {}, subject(job)), stateLine(job, known.pace.left(job)), progress(job)];
    if (job.error !== "") parts.push(make("p", { class: job.state === "failed" ? "said error" : "quiet" }, job.error));
    if (job.state === "done") parts.push(...this.made(job));
    known.card.replaceChildren(...parts, controls(job, this.desk.board));
  }

  private made(job: Job): Node[] {
    const parts: Node[] = [downloads(job)];
    for (const line of (job.result["refused"] ?? []) as string[]) parts.push(make("p", { class: "quiet" }, line));
    const reports = (job.result["reports"] ?? []) as { summary?: string }[];
    const texts = [job.result["summary"], job.result["table"], ...reports.map((one) => one.summary)];
    for (const text of texts) {
      if (typeof text !== "string" || text === "") continue;
      parts.push(make("details", {}, make("summary", {}, "In words"), make("pre", { tabindex: "0" }, text)));
    }
    if (job.page === "") return parts;
    if (this.desk.board.newest(this.kinds)[0]?.id === job.id) parts.push(framed(job, `Result: ${subject(job)}`));
    else parts.push(this.later(job));
    return parts;
  }

  /** Pages of older results open when asked: each holds its own data. */
  private later(job: Job): HTMLElement {
    const open = make("button", { type: "button", class: "action" }, "Look at it");
    open.addEventListener("click", () => { open.replaceWith(framed(job, `Result: ${subject(job)}`)); });
    return open;
  }
}
