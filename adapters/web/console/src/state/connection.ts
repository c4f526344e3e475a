// Whether what is on the screen is still true. The one thing a console must never get wrong.

import type { Heartbeat, Hello } from "../api/protocol.ts";
import { instant } from "../lib/time.ts";

/** Silence after which the picture counts as lost, when the hub has not said how often its heart beats. */
const FIRST_HEARTBEAT_S = 5;

export type LostReason = "closed" | "silent" | "digest" | "overrun";

/** What the rows held here are, against the sums of a heartbeat; `partial` while a snapshot is under way. */
export type Verdict = "same" | "differs" | "partial";

export interface ConnectionState {
  readonly phase: "connecting" | "live" | "lost" | "signed_out";
  readonly reason: LostReason | null;
  /** Console time, milliseconds: when anything was last heard. */
  readonly heardAt: number;
  /** Hub time, milliseconds, at which the data on the screen were last known to be true; null before the first. */
  readonly dataAt: number | null;
  /** Hub time minus console time, milliseconds. */
  readonly offset: number;
  readonly heartbeatMs: number;
  readonly epoch: string;
  readonly user: string;
  readonly may: readonly string[];
}

export type ConnectionInput =
  | { what: "hello"; message: Hello; now: number }
  | { what: "heartbeat"; message: Heartbeat; verdict: Verdict; now: number }
  | { what: "heard"; now: number }
  | { what: "complete"; now: number }
  | { what: "opening"; now: number }
  | { what: "closed" }
  | { what: "overrun" }
  | { what: "signed_out" }
  | { what: "tick"; now: number };

export function connecting(now: number): ConnectionState {
  return {
    phase: "connecting", reason: null, heardAt: now, dataAt: null, offset: 0,
    heartbeatMs: FIRST_HEARTBEAT_S * 1000, epoch: "", user: "", may: [],
  };
}

/** Milliseconds of silence that mean lost: two heartbeats and a little, so at most 12 s with the usual five. */
export function patience(state: ConnectionState): number {
  return 2.2 * state.heartbeatMs;
}

export function foldConnection(state: ConnectionState, input: ConnectionInput): ConnectionState {
  switch (input.what) {
    case "hello":
      return onHello(state, input.message, input.now);
    case "heartbeat":
      return onHeartbeat(state, input.message, input.verdict, input.now);
    case "heard":
      return { ...state, heardAt: input.now };
    case "complete":
      return onComplete(state, input.now);
    case "opening":
      // What was lost stays lost until it is complete again.
      return { ...state, phase: state.phase === "lost" ? "lost" : "connecting", heardAt: input.now };
    case "closed":
      return state.phase === "signed_out" ? state : lost(state, "closed");
    case "overrun":
      return lost(state, "overrun");
    case "signed_out":
      return { ...state, phase: "signed_out", reason: null };
    case "tick":
      return onTick(state, input.now);
  }
}

function onHello(state: ConnectionState, message: Hello, now: number): ConnectionState {
  // Still lost until the alarms are complete again: a greeting alone makes no picture true.
  return {
    ...state, phase: state.phase === "lost" ? "lost" : "connecting", heardAt: now, offset: instant(message.time) - now,
    heartbeatMs: message.heartbeat_s * 1000, epoch: message.epoch, user: message.user, may: message.may,
  };
}

function onHeartbeat(state: ConnectionState, message: Heartbeat, verdict: Verdict, now: number): ConnectionState {
  const time = instant(message.time);
  const next = { ...state, heardAt: now, offset: time - now };
  if (verdict === "differs") return lost(next, "digest");
  if (verdict === "partial") return next;
  if (state.phase === "live") return { ...next, dataAt: time };
  return state.reason === "digest" ? { ...next, phase: "live", reason: null, dataAt: time } : next;
}

function onComplete(state: ConnectionState, now: number): ConnectionState {
  // A picture that differed once is believed again only when a heartbeat has confirmed it.
  if (state.reason === "digest") return state;
  return { ...state, phase: "live", reason: null, heardAt: now, dataAt: now + state.offset };
}

function onTick(state: ConnectionState, now: number): ConnectionState {
  const waiting = state.phase === "live" || state.phase === "connecting";
  return waiting && now - state.heardAt > patience(state) ? lost(state, "silent") : state;
}

function lost(state: ConnectionState, reason: LostReason): ConnectionState {
  return state.phase === "lost" && state.reason === reason ? state : { ...state, phase: "lost", reason };
}

/** Whether the operator may act on what is shown. */
export function trusted(state: ConnectionState): boolean {
  return state.phase === "live";
}

/** How long to wait before the next attempt, milliseconds: one to five seconds, so that consoles do not return as one. */
export function retryDelay(random: number): number {
  return 1000 + 4000 * random;
}
