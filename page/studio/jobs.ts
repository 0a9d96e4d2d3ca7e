// Jobs: everything that was asked for, as it stands.

import { make } from "../src/words";
import { controls, type Desk, downloads, empty, Pace, progress, stateLine, subject } from "./parts";
import type { Job } from "./server";

const QUIET = ["describe", "place", "walk"];

export class Jobs {
  private readonly rows = new Map<number, { row: HTMLElement; pace: Pace }>();
  private readonly list = make("div");

  constructor(private readonly desk: Desk) {
    desk.host.append(make("h2", {}, "Jobs"), this.list);
    this.list.append(empty("Nothing was asked for yet."));
    desk.board.on((job) => { this.show(job); }, desk.signal);
    for (const job of [...desk.board.jobs.values()].sort((a, b) => a.id - b.id)) this.show(job);
  }

  private show(job: Job): void {
    if (QUIET.includes(job.kind) && job.state === "done") {
      this.rows.get(job.id)?.row.remove();
      return;
    }
    let known = this.rows.get(job.id);
    if (known === undefined) {
      if (this.rows.size === 0) this.list.replaceChildren();
      known = { row: make("article", { class: "card job" }), pace: new Pace() };
      this.rows.set(job.id, known);
      this.list.prepend(known.row);
    }
    const parts: Node[] = [
      make("h3", {}, `${job.id} ${job.kind} `, make("small", {}, subject(job))),
      stateLine(job, known.pace.left(job)), progress(job),
    ];
    if (job.error !== "") parts.push(make("p", { class: job.state === "failed" ? "said error" : "quiet" }, job.error));
    known.row.replaceChildren(...parts, downloads(job), controls(job, this.desk.board));
  }
}
