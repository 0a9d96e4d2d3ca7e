// What a page shows, as Python packed it: a description in JSON and one block of numbers.

export interface Ref {
  at: number;
  count: number;
  type: "f4" | "f8";
}
export type Clock = { start: number; step: number; count: number } | { times: Ref; count: number };
export interface Channel {
  name: string;
  unit: string;
}
export interface Band {
  level: number;
  lower: Ref;
  upper: Ref;
}
export interface Stream {
  name: string;
  kind: string;
  origin: "recorded" | "generated";
  rate: number;
  clock: Clock;
  channels: Channel[];
  data: Ref;
  bands: Band[];
  samples: { count: number; data: Ref } | null;
}
export interface Line {
  stream: number;
  channel: number;
  side: "left" | "right" | "";
}
export interface Panel {
  title: string;
  group: string;
  unit: string;
  lines: Line[];
  open: boolean;
}
export interface Body {
  name: string;
  origin: string;
  clock: Clock;
  points: string[];
  lines: [number, number, string][];
  data: Ref;
}
export interface Arrow {
  name: string;
  side: string;
  origin: string;
  clock: Clock;
  place: Ref;
  force: Ref;
}
export interface Mark {
  time: number;
  name: string;
  side: string;
  how: string;
}
export interface Scene {
  format: number;
  title: string;
  subtitle: string;
  facts: [string, string][];
  notes: string[];
  start: number;
  stop: number;
  streams: Stream[];
  panels: Panel[];
  bodies: Body[];
  arrows: Arrow[];
  events: Mark[];
}

/** The numbers of a page; every array lies byte by byte (all first bytes, all second bytes, ...). */
export class Numbers {
  private readonly found = new Map<number, Float64Array | Float32Array>();

  constructor(private readonly block: Uint8Array) {}

  get(ref: Ref): Float64Array | Float32Array {
    const known = this.found.get(ref.at);
    if (known !== undefined) return known;
    const width = ref.type === "f4" ? 4 : 8;
    const bytes = new Uint8Array(ref.count * width);
    for (let byte = 0; byte < width; byte++) {
      const from = ref.at + byte * ref.count;
      for (let i = 0; i < ref.count; i++) bytes[i * width + byte] = this.block[from + i] ?? 0;
    }
    const made = ref.type === "f4" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
    this.found.set(ref.at, made);
    return made;
  }
}

/** The time stamps of a clock, and the sample that belongs to an instant. */
export class Times {
  readonly count: number;
  private readonly stamps: ArrayLike<number> | null;
  private readonly start: number;
  private readonly step: number;

  constructor(clock: Clock, numbers: Numbers, private readonly shift = 0) {
    this.count = clock.count;
    if ("times" in clock) {
      this.stamps = numbers.get(clock.times);
      this.start = (this.stamps[0] ?? 0) + shift;
      const last = (this.stamps[this.count - 1] ?? 0) + shift;
      this.step = this.count > 1 ? (last - this.start) / (this.count - 1) : 1;
    } else {
      this.stamps = null;
      this.start = clock.start + shift;
      this.step = clock.step > 0 ? clock.step : 1;
    }
  }

  at(index: number): number {
    return this.stamps === null ? this.start + index * this.step : (this.stamps[index] ?? NaN) + this.shift;
  }

  /** The first sample at or after an instant; `count` if there is none. */
  after(time: number): number {
    if (this.stamps === null) {
      const index = Math.ceil((time - this.start) / this.step - 1e-9);
      return Math.min(Math.max(index, 0), this.count);
    }
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The sample nearest to an instant; -1 where the stream has none within half a step. */
  nearest(time: number): number {
    const right = Math.min(this.after(time), this.count - 1);
    const left = Math.max(right - 1, 0);
    const index = time - this.at(left) < this.at(right) - time ? left : right;
    const reach = Math.max(this.step, this.at(right) - this.at(left)) / 2;
    return Math.abs(this.at(index) - time) <= reach * 1.001 + 1e-9 ? index : -1;
  }

  /** Instants of the neighbouring samples, for stepping by one frame. */
  neighbour(time: number, way: number): number {
    const near = Math.max(this.nearest(time), 0);
    return this.at(Math.min(Math.max(near + way, 0), this.count - 1));
  }
}

export interface Loaded {
  scene: Scene;
  numbers: Numbers;
}

/** Read what Python put into the page: one recording or several. */
export async function load(): Promise<Loaded[]> {
  const about = document.getElementById("scenes");
  const packed = document.getElementById("numbers");
  if (about === null || packed === null) throw new Error("this page has no recording inside");
  const scenes = JSON.parse(about.textContent) as Scene[];
  const newer = scenes.find(({ format }) => format !== 1);
  if (newer !== undefined) throw new Error(`this page has the unknown format ${newer.format}`);
  const text = packed.textContent.trim();
  packed.remove();
  const zipped = await fetch(`data:application/octet-stream;base64,${text}`);
  if (zipped.body === null) throw new Error("this browser cannot read the numbers of the page");
  const plain = zipped.body.pipeThrough(new DecompressionStream("gzip"));
  const block = new Uint8Array(await new Response(plain).arrayBuffer());
  const numbers = new Numbers(block);
  return scenes.map((scene) => ({ scene, numbers }));
}
