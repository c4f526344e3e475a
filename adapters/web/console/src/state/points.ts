// Last readings of the points in view, and a short live tail of each for the trend.

import type { PointRow, TopicMessage } from "../api/protocol.ts";
import type { Slice } from "../lib/series.ts";
import { emptyTopic, foldTopic, type TopicState } from "./topic.ts";

/** Readings kept a point: at four a second, five minutes; the history has the rest. */
export const TAIL = 1200;

export interface PointsState {
  readonly topic: TopicState<PointRow>;
  readonly tails: ReadonlyMap<string, readonly Slice[]>;
}

export const emptyPoints = (): PointsState => ({ topic: emptyTopic<PointRow>(), tails: new Map() });

export function foldPoints(state: PointsState, message: TopicMessage, epoch: string): PointsState {
  const topic = foldTopic(state.topic, message, epoch, (row) => row.point);
  if (message.t === "snap") return { topic, tails: extended(state.tails, message.rows as PointRow[]) };
  if (message.t === "ev" && message.op === "set") return { topic, tails: extended(state.tails, message.rows) };
  return { ...state, topic };
}

function extended(tails: PointsState["tails"], rows: readonly PointRow[]): PointsState["tails"] {
  const next = new Map(tails);
  for (const row of rows) {
    const slice = asSlice(row);
    if (slice) next.set(row.point, [...(next.get(row.point) ?? []).slice(1 - TAIL), slice]);
  }
  return next;
}

function asSlice(row: PointRow): Slice | null {
  if (row.time === null) return null;
  const number = typeof row.value === "number" ? row.value : null;
  return { at: row.time, low: number, high: number, last: row.value, quality: row.quality };
}
