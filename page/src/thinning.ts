// What is drawn of long curves: every sample where they fit, else the extremes of each slice.

import type { Times } from "./scene";

export interface Curve {
  times: Times;
  /** Value of a sample; NaN where there is none. */
  value: (index: number) => number;
}
export type Column = (number | null | undefined)[];
export interface Table {
  x: number[];
  columns: Column[];
}

const FEW = 12000;

/** Curves on one axis of time: null is a gap, undefined an instant that only others have. */
export function thin(curves: Curve[], from: number, to: number, slices: number): Table {
  const spans = curves.map(({ times }) => {
    const first = Math.max(times.after(from) - 1, 0);
    return { first, last: Math.min(times.after(to) + 1, times.count) };
  });
  const total = spans.reduce((sum, { first, last }) => sum + last - first, 0);
  return total <= FEW ? every(curves, spans) : extremes(curves, spans, from, to, slices);
}

interface Span {
  first: number;
  last: number;
}

function every(curves: Curve[], spans: Span[]): Table {
  const stamps = new Set<number>();
  curves.forEach(({ times }, k) => {
    const { first, last } = spans[k] ?? { first: 0, last: 0 };
    for (let i = first; i < last; i++) stamps.add(times.at(i));
  });
  const x = Float64Array.from(stamps).sort();
  const place = new Map<number, number>();
  x.forEach((stamp, i) => place.set(stamp, i));
  const columns = curves.map(({ times, value }, k) => {
    const column: Column = new Array<number | null | undefined>(x.length).fill(undefined);
    const { first, last } = spans[k] ?? { first: 0, last: 0 };
    for (let i = first; i < last; i++) {
      const found = value(i);
      column[place.get(times.at(i)) ?? 0] = Number.isFinite(found) ? found : null;
    }
    return column;
  });
  return { x: Array.from(x), columns };
}

function extremes(
  curves: Curve[],
  spans: Span[],
  from: number,
  to: number,
  slices: number,
): Table {
  const width = (to - from) / slices;
  const x: number[] = [];
  for (let b = 0; b < slices; b++) x.push(from + (b + 0.25) * width, from + (b + 0.75) * width);
  const columns = curves.map((curve, k) => {
    const span = spans[k] ?? { first: 0, last: 0 };
    const column: Column = new Array<number | null | undefined>(2 * slices).fill(undefined);
    let index = span.first;
    for (let b = 0; b < slices; b++) {
      const end = from + (b + 1) * width;
      index = slice(curve, index, span.last, end, (low, high, lowFirst, any) => {
        if (!any) return;
        const empty = low > high;
        column[2 * b] = empty ? null : lowFirst ? low : high;
        column[2 * b + 1] = empty ? null : lowFirst ? high : low;
      });
    }
    return column;
  });
  return { x, columns };
}

/** Walk the samples before an instant; report the least, the greatest and which came first. */
function slice(
  { times, value }: Curve,
  begin: number,
  stop: number,
  end: number,
  report: (low: number, high: number, lowFirst: boolean, any: boolean) => void,
): number {
  let index = begin;
  let low = Infinity;
  let high = -Infinity;
  let lowAt = 0;
  let highAt = 0;
  for (; index < stop && times.at(index) < end; index++) {
    const found = value(index);
    if (found < low) {
      low = found;
      lowAt = index;
    }
    if (found > high) {
      high = found;
      highAt = index;
    }
  }
  report(low, high, lowAt <= highAt, index > begin);
  return index;
}
