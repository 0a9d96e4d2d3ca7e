// The studio: one page with a place for each thing to do, and jobs that go on behind all of them.

import "uplot/dist/uPlot.min.css";
import "./studio.css";

import { ThemeSwitch } from "../src/theme";
import { make } from "../src/words";
import { generate, Models, translate } from "./generate";
import { Jobs } from "./jobs";
import { Maps } from "./map";
import { type Desk, say } from "./parts";
import { Recordings } from "./recordings";
import { Board, ENDED, enter, Refusal } from "./server";
import { Train } from "./train";
import { Words } from "./words";

const PLACES: Record<string, [string, (desk: Desk) => unknown]> = {
  recordings: ["Recordings", (desk) => new Recordings(desk)],
  train: ["Train", (desk) => new Train(desk)],
  generate: ["Generate", generate],
  map: ["Map", (desk) => new Maps(desk)],
  words: ["Words", (desk) => new Words(desk)],
  translate: ["Translate", translate],
  models: ["Models", (desk) => new Models(desk)],
  jobs: ["Jobs", (desk) => new Jobs(desk)],
};

class Studio {
  private readonly board = new Board();
  private readonly host = make("main", { id: "main", tabindex: "-1" });
  private readonly links = new Map<string, HTMLAnchorElement>();
  private readonly lost = make("p", { class: "said error", role: "alert", hidden: "" }, "The studio does not answer; what was asked goes on once it is back.");
  private life = new AbortController();

  constructor() {
    const nav = make("nav", { "aria-label": "Studio" });
    for (const [key, [word]] of Object.entries(PLACES)) {
      const link = make("a", { href: `#${key}` }, word);
      this.links.set(key, link);
      nav.append(link);
    }
    const theme = new ThemeSwitch(() => { this.show(); }, new AbortController().signal);
    const shade = make("button", { type: "button", class: "plain" }, "Light or dark");
    shade.addEventListener("click", () => { theme.next(); });
    const skip = make("a", { href: "#main", class: "skip" }, "Skip to the content");
    skip.addEventListener("click", (event) => { event.preventDefault(); this.host.focus(); });
    document.body.append(skip,
      make("header", { class: "top" }, make("h1", {}, "Unisono studio"), nav, shade),
      make("div", { id: "said", role: "status", "aria-live": "polite" }), this.lost, this.host);
    window.addEventListener("hashchange", () => { this.show(); });
    this.board.on(() => { this.count(); }, new AbortController().signal);
    this.board.listen((is) => { this.lost.hidden = !is; });
    this.show();
  }

  private count(): void {
    const open = [...this.board.jobs.values()].filter((job) => !ENDED.includes(job.state)).length;
    const link = this.links.get("jobs");
    if (link !== undefined) link.textContent = open > 0 ? `Jobs (${open})` : "Jobs";
  }

  private show(): void {
    const key = location.hash.slice(1) in PLACES ? location.hash.slice(1) : "recordings";
    const place = PLACES[key];
    if (place === undefined) return;
    const [word, open] = place;
    this.life.abort();
    this.life = new AbortController();
    this.host.replaceChildren();
    document.title = `${word} · Unisono studio`;
    for (const [name, link] of this.links) {
      if (name === key) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    open({ board: this.board, host: this.host, signal: this.life.signal });
  }
}

async function begin(): Promise<void> {
  let refused = "";
  try {
    await enter();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refused = error.message;
  }
  new Studio();
  if (refused !== "") say(refused, "error");
}

void begin();
