// From history and live readings to what a chart draws: a held line, a band of extremes, and holes where nothing is known.

import { instant } from "./time.ts";

export type Value = number | boolean | string | null;

export interface Slice {
  at: string | number;
  low: number | null;
  high: number | null;
  last: Value;
  /** The worst in the slice. */
  quality: "good" | "uncertain" | "bad";
}

export interface Series {
  /** Seconds since 1970, ascending. */
  times: number[];
  last: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

/** A value as a height on a chart: booleans are 0 and 1, words have none. */
export function height(value: Value | undefined): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/**
 * A reading holds until the next one, so the line is stepped. Where quality is bad the line stops (held up to that
 * instant, then a hole): a chart must not join what it does not know.
 */
export function series(slices: readonly Slice[], until: number): Series {
  const out: Series = { times: [], last: [], low: [], high: [] };
  let held: number | null = null;
  for (const slice of slices) {
    const at = instant(slice.at) / 1000;
    const previous = out.times.at(-1);
    if (Number.isNaN(at) || (previous !== undefined && at <= previous)) continue;
    const value = slice.quality === "bad" ? null : height(slice.last);
    if (value === null && held !== null && previous !== undefined && at - previous > 0.002) push(out, at - 0.001, held, held, held);
    push(out, at, value, value === null ? null : (slice.low ?? value), value === null ? null : (slice.high ?? value));
    held = value;
  }
  const end = until / 1000;
  const final = out.times.at(-1);
  if (held !== null && final !== undefined && end > final) push(out, end, held, held, held);
  return out;
}

function push(to: Series, at: number, last: number | null, low: number | null, high: number | null): void {
  to.times.push(at);
  to.last.push(last);
  to.low.push(low);
  to.high.push(high);
}
