import assert from "node:assert/strict";
import { test } from "node:test";
import type { Heartbeat, Hello } from "../src/api/protocol.ts";
import { connecting, type ConnectionState, foldConnection, patience, retryDelay, trusted } from "../src/state/connection.ts";

const hello: Hello = {
  t: "hello", v: 1, epoch: "e1", seq: 1, time: "2026-11-24T07:03:22.000Z", heartbeat_s: 5, user: "anh", role: "operator",
  may: ["ack"], language: "vi",
};
const beat: Heartbeat = { t: "hb", seq: 2, time: "2026-11-24T07:03:27.000Z", sums: {} };

function live(): ConnectionState {
  const greeted = foldConnection(connecting(0), { what: "hello", message: hello, now: 1000 });
  return foldConnection(greeted, { what: "complete", now: 1100 });
}

test("a greeting alone is no live picture, a complete list is", () => {
  const greeted = foldConnection(connecting(0), { what: "hello", message: hello, now: 1000 });
  assert.equal(greeted.phase, "connecting");
  assert.ok(!trusted(greeted));
  assert.ok(trusted(live()));
  assert.equal(live().user, "anh");
});

test("silence of two heartbeats is a lost connection within twelve seconds", () => {
  assert.ok(patience(live()) <= 12_000 && patience(live()) > 10_000);
  assert.equal(foldConnection(live(), { what: "tick", now: 1100 + 10_000 }).phase, "live");
  const lost = foldConnection(live(), { what: "tick", now: 1100 + 11_500 });
  assert.equal(lost.phase, "lost");
  assert.equal(lost.reason, "silent");
});

test("data keep the time at which they were last true", () => {
  const beating = foldConnection(live(), { what: "heartbeat", message: beat, verdict: "same", now: 6000 });
  const lost = foldConnection(beating, { what: "closed" });
  assert.equal(lost.dataAt, Date.parse(beat.time));
  assert.equal(foldConnection(lost, { what: "tick", now: 60_000 }).dataAt, Date.parse(beat.time));
});

test("a digest that differs is a lost picture although data arrive", () => {
  const differing = foldConnection(live(), { what: "heartbeat", message: beat, verdict: "differs", now: 6000 });
  assert.equal(differing.phase, "lost");
  assert.equal(differing.reason, "digest");
  const partial = foldConnection(differing, { what: "heartbeat", message: beat, verdict: "partial", now: 11_000 });
  assert.equal(partial.phase, "lost", "a snapshot under way proves nothing");
  const complete = foldConnection(partial, { what: "complete", now: 11_100 });
  assert.equal(complete.phase, "lost", "only a heartbeat that agrees ends it");
  assert.equal(foldConnection(complete, { what: "heartbeat", message: beat, verdict: "same", now: 12_000 }).phase, "live");
});

test("after a reconnect the picture stays lost until it is complete", () => {
  const closed = foldConnection(live(), { what: "closed" });
  const greeted = foldConnection(closed, { what: "hello", message: hello, now: 9000 });
  assert.equal(greeted.phase, "lost");
  assert.equal(foldConnection(greeted, { what: "complete", now: 9100 }).phase, "live");
});

test("a first connection that never answers is lost too", () => {
  assert.equal(foldConnection(connecting(0), { what: "tick", now: 12_000 }).phase, "lost");
});

test("an overrun queue is lost until the new snapshot is complete", () => {
  assert.equal(foldConnection(live(), { what: "overrun" }).reason, "overrun");
});

test("signed out is not lost", () => {
  const out = foldConnection(live(), { what: "signed_out" });
  assert.equal(out.phase, "signed_out");
  assert.equal(foldConnection(out, { what: "closed" }).phase, "signed_out");
});

test("the next attempt comes after one to five seconds", () => {
  assert.equal(retryDelay(0), 1000);
  assert.equal(retryDelay(1), 5000);
});
