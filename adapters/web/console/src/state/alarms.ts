// Alarms as the operator reads them. The console never computes an alarm's state: it orders and counts what the hub said.

import type { AlarmRow, PriorityWord, Sum, TopicMessage } from "../api/protocol.ts";
import { digest } from "../lib/digest.ts";
import { instant } from "../lib/time.ts";
import { inOrder } from "./ahead.ts";
import { emptyTopic, foldTopic, type TopicState } from "./topic.ts";

export type AlarmsState = TopicState<AlarmRow>;
export const PRIORITIES: readonly PriorityWord[] = ["critical", "high", "medium", "low"];

export const emptyAlarms = (): AlarmsState => emptyTopic<AlarmRow>();

export function foldAlarms(state: AlarmsState, message: TopicMessage, epoch: string): AlarmsState {
  return foldTopic(state, message, epoch, (row) => row.alarm);
}

/** Whether what is held here is what the hub says must be held. */
export function agrees(state: AlarmsState, sum: Sum): boolean {
  if (state.phase !== "live") return true;
  const rows = inOrder(state.rows, state.ahead);
  if (sum.count !== rows.size || sum.unacked !== unacked(rows.values())) return false;
  return sum.digest === digest(Array.from(rows.values(), (row) => [row.alarm, row.rev] as const));
}

function unacked(rows: Iterable<AlarmRow>): number {
  let n = 0;
  for (const row of rows) if (waits(row)) n += 1;
  return n;
}

/** Whether somebody must acknowledge it: what is held waits for nobody. */
export function waits(row: AlarmRow): boolean {
  return !row.acked && row.hold === null;
}

/** The consequences that are folded under an alarm, those under them included. */
export function foldedUnder(state: AlarmsState, alarm: string): AlarmRow[] {
  const found: AlarmRow[] = [];
  const under = [alarm];
  for (let at = under.pop(); at !== undefined; at = under.pop()) {
    for (const row of state.rows.values()) {
      if (row.folded_under !== at || row.alarm === alarm || found.includes(row)) continue;
      found.push(row);
      under.push(row.alarm);
    }
  }
  return found.sort(order);
}

export interface AlarmFilter {
  priorities: ReadonlySet<PriorityWord>;
  category: string;
  zone: string;
  text: string;
}

export const noFilter = (): AlarmFilter => ({ priorities: new Set(), category: "", zone: "", text: "" });

/** What annunciates: unacknowledged first, then by priority, then the newest first; `words` finds a row's searchable words. */
export function listed(state: AlarmsState, filter: AlarmFilter, words: (row: AlarmRow) => string): AlarmRow[] {
  const wanted = plain(filter.text).split(" ").filter(Boolean);
  return [...state.rows.values()]
    .filter((row) => row.hold === null && matches(row, filter) && (wanted.length === 0 || holds(plain(words(row)), wanted)))
    .sort(order);
}

function matches(row: AlarmRow, filter: AlarmFilter): boolean {
  return (
    (filter.priorities.size === 0 || filter.priorities.has(row.priority)) &&
    (filter.category === "" || row.category === filter.category) &&
    (filter.zone === "" || row.zone === filter.zone || row.zone.startsWith(`${filter.zone}/`))
  );
}

function holds(text: string, wanted: readonly string[]): boolean {
  return wanted.every((word) => text.includes(word));
}

/** Lower case without Vietnamese marks, so that `chay` finds `cháy`. */
export function plain(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").trim();
}

export function order(a: AlarmRow, b: AlarmRow): number {
  return (
    Number(waits(b)) - Number(waits(a)) ||
    PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) ||
    instant(b.since) - instant(a.since) ||
    (a.alarm < b.alarm ? -1 : 1)
  );
}

export interface AlarmCounts {
  total: Record<PriorityWord, number>;
  unacked: Record<PriorityWord, number>;
  /** When the oldest unacknowledged alarm became active, milliseconds; null when there is none. */
  oldest: number | null;
}

export function counts(state: AlarmsState): AlarmCounts {
  const zero = (): Record<PriorityWord, number> => ({ critical: 0, high: 0, medium: 0, low: 0 });
  const found: AlarmCounts = { total: zero(), unacked: zero(), oldest: null };
  for (const row of state.rows.values()) {
    if (row.hold !== null) continue;
    found.total[row.priority] += 1;
    if (row.acked) continue;
    found.unacked[row.priority] += 1;
    found.oldest = Math.min(found.oldest ?? Infinity, instant(row.since));
  }
  return found;
}

/** The most urgent priority that nobody has acknowledged yet: what the sounder plays. */
export function loudest(state: AlarmsState): PriorityWord | null {
  const { unacked: waiting } = counts(state);
  return PRIORITIES.find((priority) => waiting[priority] > 0) ?? null;
}

/** The alarm that decides a device's symbol: unacknowledged before acknowledged, then the most urgent. */
export function worstByDevice(state: AlarmsState): Map<string, AlarmRow> {
  const worst = new Map<string, AlarmRow>();
  for (const row of state.rows.values()) {
    if (row.hold !== null) continue;
    const known = worst.get(row.device);
    if (!known || order(row, known) < 0) worst.set(row.device, row);
  }
  return worst;
}
