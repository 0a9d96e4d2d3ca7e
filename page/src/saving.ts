// What is shown, as a picture and as a table.

import type { Stage } from "./body";
import type { PanelView } from "./panels";
import type { Store } from "./state";
import { colour, make } from "./words";

function hand(blob: Blob, name: string): void {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 1000);
}

function fileName(title: string, ending: string): string {
  return `${title.replace(/[^\w.-]+/g, "_").slice(0, 80) || "recording"}.${ending}`;
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** One row a sample, so that streams of any rates stand in one table; an empty cell is a gap. */
export function saveTable(title: string, panels: PanelView[], store: Store): void {
  const head = ["stream", "channel", "unit", "what", "time_s", "value"];
  const rows = panels.flatMap((panel) => panel.rows(store.state.from, store.state.to));
  const text = [head, ...rows].map((row) => row.map(quoted).join(",")).join("\n");
  hand(new Blob([`${text}\n`], { type: "text/csv" }), fileName(title, "csv"));
}

/** The figure and the curves on one picture, twice as fine as the screen's own dots at least. */
export function savePicture(
  title: string,
  stage: Stage | null,
  panels: PanelView[],
  store: Store,
): void {
  const ratio = Math.max(window.devicePixelRatio, 1);
  const shown = panels.map((panel) => panel.picture()).filter((p) => p.canvas !== null);
  const widths = shown.map((p) => (p.canvas?.width ?? 0) / ratio);
  stage?.draw(true);
  const figure = stage?.canvas ?? null;
  const side = figure === null ? 0 : 420;
  const width = side + Math.max(420, ...widths) + 48;
  const tall = shown.reduce((sum, p) => sum + (p.canvas?.height ?? 0) / ratio + 40, 0);
  const height = Math.max(tall, figure === null ? 0 : 460) + 60;
  const canvas = make("canvas");
  const fine = Math.max(1, Math.min(2, 16000 / Math.max(height, 1)));
  canvas.width = Math.round(width * fine);
  canvas.height = Math.round(height * fine);
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.scale(fine, fine);
  pen.fillStyle = colour("paper");
  pen.fillRect(0, 0, width, height);
  const write = (text: string, x: number, y: number, font: string, name: string): void => {
    pen.font = `${font} system-ui, sans-serif`;
    pen.fillStyle = colour(name);
    pen.fillText(text, x, y, width - x - 12);
  };
  write(`${title}, ${store.shown.toFixed(3)} s`, 16, 28, "600 16px", "ink");
  if (figure !== null) {
    const high = (figure.height / Math.max(figure.width, 1)) * side;
    pen.drawImage(figure, 16, 48, side, high);
  }
  let y = 60;
  for (const { title: name, words, canvas: drawn } of shown) {
    if (drawn === null) continue;
    write(name, side + 32, y, "600 12px", "ink");
    write(words, side + 32, y + 15, "11px", "muted");
    pen.drawImage(drawn, side + 32, y + 20, drawn.width / ratio, drawn.height / ratio);
    y += drawn.height / ratio + 40;
  }
  canvas.toBlob((blob) => {
    if (blob !== null) hand(blob, fileName(title, "png"));
  }, "image/png");
}
