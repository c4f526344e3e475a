import assert from "node:assert/strict";
import { test } from "node:test";
import { briefTime, dateTime, duration, instant, timeOfDay } from "../src/lib/time.ts";

const at = Date.parse("2026-11-24T07:03:22.500Z");
const zone = "Asia/Ho_Chi_Minh";

test("times are written in the site's zone, whatever the browser's", () => {
  assert.equal(dateTime(at, zone), "24/11/2026 14:03:22");
  assert.equal(timeOfDay(at, zone), "14:03:22");
  assert.equal(dateTime(at, "UTC"), "24/11/2026 07:03:22");
});

test("midnight is 00, never 24", () => {
  assert.equal(dateTime(Date.parse("2026-11-24T17:00:05Z"), zone), "25/11/2026 00:00:05");
});

test("a time of another day carries its date", () => {
  assert.equal(briefTime(at, at + 1000, zone), "14:03:22");
  assert.equal(briefTime(at, at + 86_400_000, zone), "24/11/2026 14:03:22");
});

test("no time is a dash", () => {
  assert.equal(dateTime(instant(null), zone), "–");
  assert.equal(duration(NaN, "vi"), "–");
});

test("durations are short in both languages", () => {
  assert.equal(duration(8_400, "vi"), "8 giây");
  assert.equal(duration(200_000, "en"), "3 min 20 s");
  assert.equal(duration(65 * 60_000, "vi"), "1 giờ 05 phút");
  assert.equal(duration(27 * 3_600_000, "en"), "1 d 3 h");
});
