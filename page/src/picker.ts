// Which curves are shown: all panels by stream, with a filter.

import type { Panel } from "./scene";
import { make, plural } from "./words";

export class Picker {
  readonly root = make("dialog", { class: "picker", "aria-label": "Curves to show" });
  private readonly boxes: { box: HTMLInputElement; row: HTMLElement; panel: number }[] = [];

  constructor(
    panels: Panel[],
    private readonly toggle: (panel: number, on: boolean) => void,
  ) {
    const filter = make("input", { type: "search", placeholder: "Filter, e.g. knee", "aria-label": "Filter the curves" });
    const list = make("div", { class: "list" });
    const groups = new Map<string, HTMLElement>();
    panels.forEach((panel, index) => {
      let group = groups.get(panel.group);
      if (group === undefined) {
        const count = panels.filter((p) => p.group === panel.group).length;
        const title = make("summary", {}, panel.group, make("small", {}, plural(count, "curve")));
        group = make("details", {}, title, this.all(panel.group, panels));
        groups.set(panel.group, group);
        list.append(group);
      }
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => { this.toggle(index, box.checked); });
      const row = make("label", {}, box, ` ${panel.title} `, make("small", {}, panel.unit));
      group.append(row);
      this.boxes.push({ box, row, panel: index });
    });
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const { row, panel } of this.boxes) {
        const { title, group } = panels[panel] ?? { title: "", group: "" };
        row.hidden = !`${group} ${title}`.toLowerCase().includes(wanted);
      }
      for (const group of groups.values()) {
        const any = [...group.querySelectorAll("label")].some((row) => !row.hidden);
        group.hidden = !any;
        if (wanted !== "") group.setAttribute("open", "");
      }
    });
    const done = make("button", { type: "button", class: "plain" }, "Done");
    done.addEventListener("click", () => { this.root.close(); });
    this.root.append(make("h2", {}, "Curves"), filter, list, done);
    this.root.addEventListener("click", (event) => {
      if (event.target === this.root) this.root.close();
    });
  }

  private all(group: string, panels: Panel[]): HTMLElement {
    const bar = make("p", { class: "all" });
    for (const [word, on] of [["all", true], ["none", false]] as const) {
      const link = make("button", { type: "button", class: "plain", "aria-label": `${word} of ${group}` }, word);
      link.addEventListener("click", () => {
        for (const { box, panel, row } of this.boxes) {
          if (panels[panel]?.group !== group || row.hidden || box.checked === on) continue;
          box.checked = on;
          this.toggle(panel, on);
        }
      });
      bar.append(link);
    }
    return bar;
  }

  open(shown: ReadonlySet<number>): void {
    for (const { box, panel } of this.boxes) box.checked = shown.has(panel);
    this.root.showModal();
  }
}
