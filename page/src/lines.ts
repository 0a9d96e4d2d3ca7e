// The curves of a panel: its own, and those of another recording of the page beside them.

import { type Line, type Loaded, type Panel, type Stream, Times } from "./scene";
import type { Curve } from "./thinning";
import { SIDE_COLOURS } from "./words";

export interface Shown extends Curve {
  label: string;
  /** What is told apart by: recorded or generated, and whether of the recording beside. */
  origin: string;
  /** What stands before its value. */
  word: string;
  generated: boolean;
  beside: boolean;
  hue: string;
  line: Line;
  band: { level: number; lower: ArrayLike<number>; upper: ArrayLike<number> }[];
  samples: ArrayLike<number>[];
}

/** Another recording of the page; both begin at one instant. */
export interface Beside {
  loaded: Loaded;
  shift: number;
}

/** Another recording to be seen beside one: moved so that both begin together. */
export function beginTogether(own: Loaded, other: Loaded): Beside {
  return { loaded: other, shift: own.scene.start - other.scene.start };
}

/** Whether two descriptions are of one recording, as where two models answered for it. */
export function isOne(own: Loaded, other: Loaded): boolean {
  return own.scene.title === other.scene.title && own.scene.subtitle === other.scene.subtitle;
}

export function ownLines(panel: Panel, loaded: Loaded): Shown[] {
  const streams = panel.lines.map((line) => loaded.scene.streams[line.stream]);
  const against = streams.some((stream) => stream?.origin === "generated");
  return panel.lines.map((line, i) => {
    const stream = streams[i];
    if (stream === undefined) throw new Error("a panel names a stream that is not there");
    const generated = stream.origin === "generated";
    const hue = generated ? "blue" : against ? "ink" : (SIDE_COLOURS[line.side] ?? "ink");
    const word = against ? stream.origin : line.side;
    return { ...shown(stream, line, loaded, 0), origin: stream.origin, word, hue, beside: false };
  });
}

/** Channels of the recording beside that are those of the panel; what both share is not drawn twice. */
export function besideLines(panel: Panel, own: Shown[], loaded: Loaded, beside: Beside): Shown[] {
  const same = isOne(loaded, beside.loaded);
  const against = own.some((line) => line.generated);
  const found: Shown[] = [];
  beside.loaded.scene.streams.forEach((stream, index) => {
    const generated = stream.origin === "generated";
    if (stream.name !== panel.group || (same && !generated)) return;
    stream.channels.forEach(({ name, unit }, channel) => {
      const mine = own.find((line) => line.label === name);
      if (mine === undefined || unit !== panel.unit) return;
      const line = { stream: index, channel, side: mine.line.side };
      const hue = generated ? "red" : against ? "muted" : (SIDE_COLOURS[line.side] ?? "ink");
      const word = `${against || generated ? stream.origin : line.side} beside`.trim();
      found.push({ ...shown(stream, line, beside.loaded, beside.shift), origin: `${stream.origin} beside`, word, hue, beside: true });
    });
  });
  return found;
}

/** How a curve is drawn: what is generated is broad, what lies beside is thin or dashed. */
export function lookOf(line: Shown, against: boolean): { width: number; dash?: number[] } {
  if (line.generated) return { width: line.beside ? 1.8 : 2.6 };
  const width = against ? 1.2 : 1.5;
  if (line.beside) return { width, dash: [4, 2] };
  return line.line.side === "left" && line.hue === "ink" ? { width, dash: [5, 3] } : { width };
}

/** What a table says of a curve: itself, its bands, its samples. */
export function columnsOf(line: Shown, bands: boolean, samples: boolean): [string, (i: number) => number][] {
  const plain = (all: ArrayLike<number>) => (i: number) => all[i] ?? NaN;
  const also = line.beside ? " beside" : "";
  const found: [string, (i: number) => number][] = [[line.origin, line.value]];
  for (const band of bands ? line.band : []) {
    const level = `${Math.round(100 * band.level)} %`;
    found.push([`lower ${level}${also}`, plain(band.lower)], [`upper ${level}${also}`, plain(band.upper)]);
  }
  if (samples) line.samples.forEach((one, s) => found.push([`sample ${s + 1}${also}`, plain(one)]));
  return found;
}

function shown(stream: Stream, line: Line, { numbers }: Loaded, shift: number): Omit<Shown, "origin" | "word" | "hue" | "beside"> {
  const count = stream.clock.count;
  const row = (all: ArrayLike<number>, index: number): ArrayLike<number> =>
    (all as Float32Array).subarray(index * count, (index + 1) * count);
  const data = row(numbers.get(stream.data), line.channel);
  const samples = [];
  for (let s = 0; s < (stream.samples?.count ?? 0); s++) {
    const all = stream.samples === null ? [] : numbers.get(stream.samples.data);
    samples.push(row(all, s * stream.channels.length + line.channel));
  }
  return {
    times: new Times(stream.clock, numbers, shift),
    value: (i) => data[i] ?? NaN,
    label: stream.channels[line.channel]?.name ?? "",
    generated: stream.origin === "generated",
    line,
    band: stream.bands.map((b) => ({
      level: b.level,
      lower: row(numbers.get(b.lower), line.channel),
      upper: row(numbers.get(b.upper), line.channel),
    })),
    samples,
  };
}
