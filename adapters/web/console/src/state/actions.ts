// What the operator does to an alarm, and what the hub answered, in words beside that alarm.

import type { AlarmRow, Declined, HoldWish, Operation } from "../api/protocol.ts";
import { language, say, word } from "../lib/language.ts";
import { duration, instant } from "../lib/time.ts";
import { link } from "./session.ts";
import { store } from "./store.ts";

const answers = new Map<string, string>();

/** What the hub last refused about an alarm, in words; empty when nothing. */
export function answer(alarm: string): string {
  return answers.get(alarm) ?? "";
}

export function acknowledge(row: AlarmRow, note = ""): Promise<boolean> {
  return act("ack", row, note);
}

const RIGHTS: Partial<Record<Operation, string>> = { unshelve: "shelve", out_of_service: "service", in_service: "service" };

/** Carry an action out; tells whether the hub took it. */
export async function act(op: Operation, row: AlarmRow, note: string, more: HoldWish = {}): Promise<boolean> {
  if (!store.may(RIGHTS[op] ?? op)) return false;
  const done = await link.act(op, [{ alarm: row.alarm, occurrence: row.occurrence }], note, more);
  const declined = done?.no[0];
  if (done && !declined) answers.delete(row.alarm);
  else answers.set(row.alarm, declined ? refusal(declined) : say("why_no_answer"));
  store.changed();
  return done !== null && !declined;
}

function refusal(no: Declined): string {
  const why = word(no.why, "why_");
  if (no.why !== "already" || !no.by) return why;
  const age = no.at ? ` – ${duration(store.now() - instant(no.at), language())} ${say("ago")}` : "";
  return `${why} ${no.by}${age}`;
}
