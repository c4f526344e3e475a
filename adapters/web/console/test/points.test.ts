import assert from "node:assert/strict";
import { test } from "node:test";
import { agrees, emptyDevices, foldDevices, healthCounts, worstFirst } from "../src/state/devices.ts";
import { emptyPoints, foldPoints, TAIL } from "../src/state/points.ts";
import { type Slice, series } from "../src/lib/series.ts";
import { device, point } from "./rows.ts";

test("readings arrive in sets and leave a bounded tail", () => {
  let state = emptyPoints();
  for (let n = 0; n < TAIL + 10; n++) {
    state = foldPoints(state, { t: "ev", id: 3, seq: n, op: "set", rows: [point("a/x", { value: n, rev: n })] }, "e1");
  }
  assert.equal(state.topic.rows.get("a/x")?.value, TAIL + 9);
  assert.equal(state.tails.get("a/x")?.length, TAIL);
  assert.equal(state.tails.get("a/x")?.at(-1)?.last, TAIL + 9);
});

test("a point without a reading yet has no tail", () => {
  const state = foldPoints(emptyPoints(), { t: "snap", id: 3, rows: [point("a/x", { time: null, value: null, quality: "bad" })] }, "e1");
  assert.equal(state.tails.size, 0);
});

const slice = (second: number, last: number | boolean, quality: Slice["quality"] = "good"): Slice =>
  ({ at: second * 1000, low: null, high: null, last, quality });

test("a value holds until the next one, and to the end", () => {
  assert.deepEqual(series([slice(1, 5), slice(3, 7)], 9000), { times: [1, 3, 9], last: [5, 7, 7], low: [5, 7, 7], high: [5, 7, 7] });
});

test("bad quality is a hole that begins when it began", () => {
  const drawn = series([slice(1, 5), slice(3, 5, "bad"), slice(6, 8)], 6000);
  assert.deepEqual(drawn.times, [1, 2.999, 3, 6]);
  assert.deepEqual(drawn.last, [5, 5, null, 8]);
});

test("a bad end stays a hole", () => {
  assert.deepEqual(series([slice(1, 5), slice(2, 5, "bad")], 9000).last.at(-1), null);
});

test("booleans are drawn as 0 and 1, extremes as a band", () => {
  assert.deepEqual(series([slice(1, true)], 1000).last, [1]);
  const band = series([{ at: 1000, low: 2, high: 9, last: 4, quality: "good" }], 1000);
  assert.deepEqual([band.low, band.high], [[2], [9]]);
});

test("slices that are out of order or twice are drawn once", () => {
  assert.deepEqual(series([slice(2, 1), slice(2, 2), slice(1, 3)], 2000).times, [2]);
});

test("the worst devices come first", () => {
  const rows = [device("ok"), device("gone", { state: "offline" }), device("half", { state: "degraded" })];
  assert.deepEqual(worstFirst(rows).map((row) => row.device), ["gone", "half", "ok"]);
  assert.equal(healthCounts(rows).offline, 1);
});

test("devices are held against the hub's digest", () => {
  let state = foldDevices(emptyDevices(), { t: "snap", id: 2, rows: [device("a", { rev: 1 })] }, "e1");
  state = foldDevices(state, { t: "snap.end", id: 2, seq: 1, digest: null }, "e1");
  assert.ok(agrees(state, { count: 1, unacked: 0, digest: "dbbd3e69" }));
  assert.ok(!agrees(state, { count: 1, unacked: 0, digest: "00000000" }));
});
