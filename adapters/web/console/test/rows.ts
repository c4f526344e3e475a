// Rows for the tests, whole and plausible.
import type { AlarmRow, DeviceRow, PointRow } from "../src/api/protocol.ts";

export function alarm(id: string, change: Partial<AlarmRow> = {}): AlarmRow {
  return {
    alarm: id, occurrence: 1, rev: 1, rule: "fire", device: "panel", point: `panel/${id}`, zone: "tn/market",
    category: "fire", priority: "critical", state: "unacknowledged", active: true, acked: false, latched: false,
    hold: null, holds: [], folded_under: null, group: null, first: false, mark: null, cameras: [], raised: 1, since: "2026-11-24T07:03:22.000Z", text: { vi: "BÁO CHÁY", en: "FIRE" }, cause: { value: true, is: true },
    input: "raise", by: null, at: "2026-11-24T07:03:22.000Z", note: null, acked_by: null, acked_at: null,
    returned_at: null, comments: 0, instructions: null, ...change,
  };
}

export function device(id: string, change: Partial<DeviceRow> = {}): DeviceRow {
  return {
    device: id, title: { vi: id, en: id }, profile: "fire/en54-modbus", driver: "modbus", zone: "tn", state: "online",
    reason: "", detail: "", since: "2026-11-24T07:00:00.000Z", last_heard: null, behind: null, tags: [], at: null,
    points: 3, rev: 0, ...change,
  };
}

export function point(id: string, change: Partial<PointRow> = {}): PointRow {
  return {
    point: id, value: 1, quality: "good", reason: "none", unit: null, time: "2026-11-24T07:03:22.000Z",
    source_time: null, hub_time: "2026-11-24T07:03:22.000Z", rev: 1, ...change,
  };
}
