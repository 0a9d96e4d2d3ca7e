// What is being looked at, and who wants to know when it changes.

export interface State {
  time: number;
  playing: boolean;
  speed: number;
  hover: number | null;
  from: number;
  to: number;
  bands: boolean;
  samples: boolean;
  recorded: boolean;
}
type Key = keyof State;

export class Store {
  private readonly listeners: { keys: Key[]; call: () => void }[] = [];

  constructor(
    readonly state: State,
    readonly start: number,
    readonly stop: number,
  ) {}

  /** The instant whose values are written: under the pointer, or of the playhead. */
  get shown(): number {
    return this.state.hover ?? this.state.time;
  }

  set(change: Partial<State>): void {
    const changed = (Object.keys(change) as Key[]).filter((key) => change[key] !== this.state[key]);
    if (changed.length === 0) return;
    Object.assign(this.state, change);
    for (const one of this.listeners) {
      if (one.keys.some((key) => changed.includes(key))) one.call();
    }
  }

  on(keys: Key[], call: () => void): void {
    this.listeners.push({ keys, call });
  }

  /** Move the playhead, and what is zoomed to with it. */
  seek(time: number): void {
    const inside = Math.min(Math.max(time, this.start), this.stop);
    const { from, to } = this.state;
    const change: Partial<State> = { time: inside };
    if (inside < from || inside > to) {
      const width = to - from;
      const left = Math.min(Math.max(inside - 0.1 * width, this.start), this.stop - width);
      change.from = left;
      change.to = left + width;
    }
    this.set(change);
  }

  /** Show a part of the time; at least a hundredth of a second. */
  zoom(from: number, to: number): void {
    const left = Math.max(Math.min(from, to), this.start);
    const right = Math.min(Math.max(from, to), this.stop);
    if (right - left >= Math.min(0.01, this.stop - this.start)) this.set({ from: left, to: right });
  }

  /** Zoom about the playhead by a factor. */
  zoomBy(factor: number): void {
    const { from, to, time } = this.state;
    const middle = Math.min(Math.max(time, from), to);
    this.zoom(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }
}
