// What things are called for people: places by their path, devices and points by their titles.

import type { AlarmRow, PointDetail } from "../api/protocol.ts";
import { store } from "../state/store.ts";
import { text } from "./language.ts";

/** A place with its parents, outermost first; the outermost of all is left out, it is the same for everything. */
export function zonePath(zone: string): string {
  const names: string[] = [];
  for (let at: string | null = zone; at; ) {
    const row = store.zones.get(at);
    names.unshift(row ? text(row.title) : at);
    at = row?.parent ?? null;
  }
  return (names.length > 1 ? names.slice(1) : names).join(" › ");
}

export function zoneName(zone: string): string {
  const row = store.zones.get(zone);
  return row ? text(row.title) : zone;
}

export function deviceName(device: string): string {
  const row = store.device(device);
  return row ? text(row.title) : device;
}

export function pointDetail(point: string | null): PointDetail | undefined {
  if (!point) return undefined;
  const device = point.slice(0, point.indexOf("/"));
  return store.details.get(device)?.find((detail) => detail.point === point);
}

/** All the words by which an alarm can be found. */
export function alarmWords(row: AlarmRow): string {
  return [row.text.vi, row.text.en, row.alarm, row.zone, zonePath(row.zone), deviceName(row.device)].join(" ");
}
