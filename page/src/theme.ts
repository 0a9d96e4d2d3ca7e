// Light, dark, or as the system has it.

export type Theme = "auto" | "light" | "dark";
const NEXT: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };

export class ThemeSwitch {
  private theme: Theme = "auto";

  constructor(
    private readonly changed: () => void,
    signal: AbortSignal,
  ) {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal });
  }

  next(): Theme {
    this.theme = NEXT[this.theme];
    if (this.theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
    this.changed();
    return this.theme;
  }
}
