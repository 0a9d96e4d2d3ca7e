// The keyboard, and the page that lists it.

import { make } from "./words";

export interface Shortcut {
  keys: string[];
  written: string;
  does: string;
  call: (event: KeyboardEvent) => void;
}

export function listen(shortcuts: Shortcut[], signal: AbortSignal): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.matches("input[type=search], select, textarea") || target.closest("dialog") !== null;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && target.matches("button, summary")) return; // it presses that button
    const found = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (found === undefined) return;
    event.preventDefault();
    found.call(event);
  }, { signal });
}

export function helpPage(shortcuts: Shortcut[]): HTMLDialogElement {
  const rows = shortcuts.map(({ written, does }) =>
    make("div", {}, make("dt", {}, make("kbd", {}, written)), make("dd", {}, does)),
  );
  const done = make("button", { type: "button", class: "plain" }, "Done");
  const page = make(
    "dialog",
    { "aria-label": "Keyboard" },
    make("h2", {}, "Keyboard and pointer"),
    make("dl", { class: "keys" }, ...rows),
    make("p", { class: "quiet" }, "In a curve: drag moves through time, Shift and drag zooms, double-click shows all."),
    done,
  );
  done.addEventListener("click", () => { page.close(); });
  return page;
}
