import assert from "node:assert/strict";
import { test } from "node:test";
import type { TopicMessage } from "../src/api/protocol.ts";
import { digest } from "../src/lib/digest.ts";
import { agrees, type AlarmsState, counts, emptyAlarms, foldAlarms, foldedUnder, listed, loudest, noFilter, plain, worstByDevice } from "../src/state/alarms.ts";
import { heard } from "../src/state/topic.ts";
import { alarm } from "./rows.ts";

function fold(messages: readonly TopicMessage[], from: AlarmsState = emptyAlarms()): AlarmsState {
  return messages.reduce((state, message) => foldAlarms(state, message, "e1"), from);
}

function snapshot(...rows: ReturnType<typeof alarm>[]): TopicMessage[] {
  return [
    { t: "snap.begin", id: 1, topic: "alarms", seq: 10, count: rows.length },
    { t: "snap", id: 1, rows },
    { t: "snap.end", id: 1, seq: 10, digest: null },
  ];
}

test("a snapshot makes the list live and gives it a position", () => {
  const state = fold(snapshot(alarm("a"), alarm("b")));
  assert.equal(state.phase, "live");
  assert.deepEqual(state.position, { epoch: "e1", seq: 10 });
  assert.deepEqual([...state.rows.keys()], ["a", "b"]);
});

test("a new snapshot marks old rows suspect and drops those it does not refresh", () => {
  const before = fold(snapshot(alarm("a"), alarm("b")));
  const begun = fold([{ t: "snap.begin", id: 1, topic: "alarms", seq: 20, count: 1 }], before);
  assert.deepEqual([...begun.suspect], ["a", "b"]);
  assert.equal(begun.position, null, "a cut inside a snapshot must not resume from the middle of it");
  const half = fold([{ t: "snap", id: 1, rows: [alarm("b", { rev: 2 })] }], begun);
  assert.deepEqual([...half.suspect], ["a"]);
  const after = fold([{ t: "snap.end", id: 1, seq: 20, digest: null }], half);
  assert.deepEqual([...after.rows.keys()], ["b"]);
  assert.equal(after.suspect.size, 0);
});

test("deltas put and delete rows and move the position", () => {
  const state = fold([
    ...snapshot(alarm("a")),
    { t: "ev", id: 1, seq: 11, op: "put", row: alarm("b") },
    { t: "ev", id: 1, seq: 14, op: "del", key: "a", row: null },
  ]);
  assert.deepEqual([...state.rows.keys()], ["b"]);
  assert.deepEqual(state.position, { epoch: "e1", seq: 14 });
});

test("a change during a snapshot is applied but gives no position", () => {
  const state = fold([
    { t: "snap.begin", id: 1, topic: "alarms", seq: 10, count: 1 },
    { t: "ev", id: 1, seq: 11, op: "put", row: alarm("b") },
  ]);
  assert.equal(state.position, null);
  assert.ok(state.rows.has("b"));
});

test("resuming keeps every row", () => {
  const state = fold([{ t: "resumed", id: 1, topic: "alarms", seq: 12 }], fold(snapshot(alarm("a"))));
  assert.equal(state.phase, "live");
  assert.ok(state.rows.has("a"));
});

test("lost makes every row suspect and forgets the position", () => {
  const state = fold([{ t: "lost", id: 1, from: 11, to: 19 }], fold(snapshot(alarm("a"))));
  assert.equal(state.phase, "lost");
  assert.deepEqual([...state.suspect], ["a"]);
  assert.equal(state.position, null);
});

test("a heartbeat moves the position forward, never back", () => {
  const state = fold(snapshot(alarm("a")));
  assert.deepEqual(heard(state, "e1", 44).position, { epoch: "e1", seq: 44 });
  assert.deepEqual(heard(state, "e1", 4).position, { epoch: "e1", seq: 10 });
});

test("the digest, the count and the unacknowledged count must all agree", () => {
  const state = fold(snapshot(alarm("a"), alarm("báo", { rev: 2, acked: true })));
  assert.ok(agrees(state, { count: 2, unacked: 1, digest: "41ed23e7" }));
  assert.ok(!agrees(state, { count: 2, unacked: 1, digest: "41ed23e8" }));
  assert.ok(!agrees(state, { count: 3, unacked: 1, digest: "41ed23e7" }));
  assert.ok(!agrees(state, { count: 2, unacked: 2, digest: "41ed23e7" }));
});

test("unacknowledged come first, then priority, then the newest", () => {
  const state = fold(snapshot(
    alarm("acked", { acked: true }),
    alarm("low", { priority: "low" }),
    alarm("old", { since: "2026-11-24T06:00:00Z" }),
    alarm("new", { since: "2026-11-24T08:00:00Z" }),
  ));
  assert.deepEqual(listed(state, noFilter(), () => "").map((row) => row.alarm), ["new", "old", "low", "acked"]);
});

test("filters narrow by priority, category, zone with everything inside, and words without marks", () => {
  const state = fold(snapshot(
    alarm("a", { zone: "tn/market/floor-7" }),
    alarm("b", { zone: "tn/marketing", category: "fault", priority: "low" }),
  ));
  const names = (change: object) => listed(state, { ...noFilter(), ...change }, (row) => row.text.vi).map((row) => row.alarm);
  assert.deepEqual(names({ zone: "tn/market" }), ["a"]);
  assert.deepEqual(names({ category: "fault" }), ["b"]);
  assert.deepEqual(names({ priorities: new Set(["low"]) }), ["b"]);
  assert.deepEqual(names({ text: "bao CHÁY" }), ["a", "b"]);
  assert.deepEqual(names({ text: "bao nuoc" }), []);
  assert.equal(plain("ĐÈN Báo"), "den bao");
});

test("counts tell the oldest unacknowledged alarm and the loudest priority", () => {
  const state = fold(snapshot(
    alarm("a", { acked: true }), alarm("b", { priority: "high" }), alarm("c", { priority: "high", since: "2026-11-24T06:00:00Z" }),
  ));
  assert.equal(counts(state).total.critical, 1);
  assert.equal(counts(state).unacked.high, 2);
  assert.equal(counts(state).oldest, Date.parse("2026-11-24T06:00:00Z"));
  assert.equal(loudest(state), "high");
  assert.equal(loudest(emptyAlarms()), null);
});

test("a device shows its worst alarm", () => {
  const state = fold(snapshot(alarm("a", { priority: "low" }), alarm("b", { acked: true }), alarm("c", { device: "ups" })));
  assert.equal(worstByDevice(state).get("panel")?.alarm, "a");
  assert.equal(worstByDevice(state).get("ups")?.alarm, "c");
});

test("a fire that is shown ahead is on the screen at once and in the digest in its turn", () => {
  const shown = foldAlarms(fold(snapshot(alarm("a"))), { t: "ahead", id: 1, row: alarm("fire", { rev: 3 }) }, "e1");
  assert.equal(shown.rows.get("fire")?.rev, 3);
  assert.equal(shown.position?.seq, 10);
  assert.ok(agrees(shown, { count: 1, unacked: 1, digest: digest([["a", 1]]) }));
  const older = foldAlarms(shown, { t: "ev", id: 1, seq: 11, op: "put", row: alarm("fire", { rev: 2 }) }, "e1");
  assert.equal(older.rows.get("fire")?.rev, 3);
  assert.ok(agrees(older, { count: 2, unacked: 2, digest: digest([["a", 1], ["fire", 2]]) }));
  const turn = foldAlarms(older, { t: "ev", id: 1, seq: 12, op: "put", row: alarm("fire", { rev: 3 }) }, "e1");
  assert.equal(turn.ahead.size, 0);
  assert.ok(agrees(turn, { count: 2, unacked: 2, digest: digest([["a", 1], ["fire", 3]]) }));
});

test("what is folded under an alarm is counted with what is folded under that, and waits for nobody", () => {
  const state = fold(snapshot(
    alarm("core"), alarm("switch", { folded_under: "core", hold: "suppressed" }),
    alarm("cam", { folded_under: "switch", hold: "suppressed" }), alarm("other", { hold: "shelved" }),
  ));
  assert.deepEqual(foldedUnder(state, "core").map((row) => row.alarm).sort(), ["cam", "switch"]);
  assert.equal(counts(state).unacked.critical, 1);
  assert.deepEqual(listed(state, noFilter(), (row) => row.alarm).map((row) => row.alarm), ["core"]);
});
