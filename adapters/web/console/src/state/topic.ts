// One subscription as the console holds it: a pure fold over the hub's messages, the same for every topic.

import type { Position, TopicMessage } from "../api/protocol.ts";
import { type Ahead, overtaken } from "./ahead.ts";

export interface TopicState<Row> {
  readonly rows: ReadonlyMap<string, Row>;
  /** Keys that a running snapshot has not confirmed yet; shown, but not to be trusted or acted on. */
  readonly suspect: ReadonlySet<string>;
  /** Rows that are shown before their turn. */
  readonly ahead: Ahead<Row>;
  readonly phase: "empty" | "snapshot" | "live" | "lost";
  readonly position: Position | null;
}

export function emptyTopic<Row>(): TopicState<Row> {
  return { rows: new Map(), suspect: new Set(), ahead: new Map(), phase: "empty", position: null };
}

/** Fold one message in. `epoch` is the connection's; rows are told apart by `key`. */
export function foldTopic<Row>(
  state: TopicState<Row>, message: TopicMessage, epoch: string, key: (row: Row) => string,
): TopicState<Row> {
  switch (message.t) {
    case "snap.begin":
      return { ...state, suspect: new Set(state.rows.keys()), ahead: new Map(), phase: "snapshot", position: null };
    case "snap":
      return withRows(state, message.rows as Row[], key);
    case "snap.end":
      return { ...state, rows: without(state.rows, state.suspect), suspect: new Set(), phase: "live", position: { epoch, seq: message.seq } };
    case "resumed":
      return { ...state, suspect: new Set(), phase: "live" };
    case "lost":
      return { ...state, suspect: new Set(state.rows.keys()), phase: "lost", position: null };
    case "ahead":
      return showAhead(state, message.row as unknown as Row & { rev: number }, key);
    case "ev":
      return foldDelta(state, message, epoch, key);
  }
}

function foldDelta<Row>(
  state: TopicState<Row>, message: Extract<TopicMessage, { t: "ev" }>, epoch: string, key: (row: Row) => string,
): TopicState<Row> {
  const position = state.phase === "live" ? { epoch, seq: message.seq } : state.position;
  if (message.op !== "set" && state.ahead.size > 0 && message.row) {
    const taken = inTurn(state, message.row as unknown as Row & { rev: number }, message.op, key);
    if (taken) return { ...taken, position };
  }
  if (message.op === "del") {
    return { ...state, rows: without(state.rows, [message.key]), suspect: minus(state.suspect, [message.key]), position };
  }
  const rows = message.op === "set" ? (message.rows as Row[]) : [message.row as Row];
  return { ...withRows(state, rows, key), position };
}

function showAhead<Row>(state: TopicState<Row>, row: Row & { rev: number }, key: (row: Row) => string): TopicState<Row> {
  const id = key(row);
  const shown = state.rows.get(id) as (Row & { rev: number }) | undefined;
  if (shown && shown.rev >= row.rev) return state;
  const ahead = new Map(state.ahead);
  if (!ahead.has(id)) ahead.set(id, shown ?? null);
  return { ...state, rows: new Map(state.rows).set(id, row), ahead };
}

/** A change of a row that is shown ahead: null when it has caught up and is folded like any other. */
function inTurn<Row>(
  state: TopicState<Row>, row: Row & { rev: number }, op: "put" | "del", key: (row: Row) => string,
): TopicState<Row> | null {
  const id = key(row);
  if (!state.ahead.has(id)) return null;
  const ahead = new Map(state.ahead);
  if (overtaken(state.rows.get(id) as (Row & { rev: number }) | undefined, row.rev)) {
    return { ...state, ahead: ahead.set(id, op === "put" ? row : null) };
  }
  ahead.delete(id);
  return op === "put"
    ? { ...withRows(state, [row], key), ahead }
    : { ...state, rows: without(state.rows, [id]), suspect: minus(state.suspect, [id]), ahead };
}

/** Move the position to what a heartbeat names: everything up to there has been heard on this connection. */
export function heard<Row>(state: TopicState<Row>, epoch: string, seq: number): TopicState<Row> {
  if (state.phase !== "live" || (state.position?.seq ?? -1) >= seq) return state;
  return { ...state, position: { epoch, seq } };
}

function withRows<Row>(state: TopicState<Row>, fresh: readonly Row[], key: (row: Row) => string): TopicState<Row> {
  const rows = new Map(state.rows);
  for (const row of fresh) rows.set(key(row), row);
  return { ...state, rows, suspect: minus(state.suspect, fresh.map(key)) };
}

function without<Row>(rows: ReadonlyMap<string, Row>, keys: Iterable<string>): ReadonlyMap<string, Row> {
  const left = new Map(rows);
  for (const key of keys) left.delete(key);
  return left;
}

function minus(set: ReadonlySet<string>, keys: readonly string[]): ReadonlySet<string> {
  if (!keys.some((key) => set.has(key))) return set;
  const left = new Set(set);
  for (const key of keys) left.delete(key);
  return left;
}
