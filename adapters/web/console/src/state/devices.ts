// Devices and their health, the worst first.

import type { DeviceRow, HealthWord, Sum, TopicMessage } from "../api/protocol.ts";
import { digest } from "../lib/digest.ts";
import { instant } from "../lib/time.ts";
import { emptyTopic, foldTopic, type TopicState } from "./topic.ts";

export type DevicesState = TopicState<DeviceRow>;
export const HEALTH: readonly HealthWord[] = ["offline", "degraded", "waiting", "out_of_service", "online"];

export const emptyDevices = (): DevicesState => emptyTopic<DeviceRow>();

export function foldDevices(state: DevicesState, message: TopicMessage, epoch: string): DevicesState {
  return foldTopic(state, message, epoch, (row) => row.device);
}

/** Whether what is held here is what the hub says must be held. */
export function agrees(state: DevicesState, sum: Sum): boolean {
  if (state.phase !== "live") return true;
  return (
    sum.count === state.rows.size &&
    sum.digest === digest(Array.from(state.rows.values(), (row) => [row.device, row.rev] as const))
  );
}

/** Worst health first; within it the latest change first; then by id. */
export function worstFirst(rows: Iterable<DeviceRow>): DeviceRow[] {
  return [...rows].sort(
    (a, b) =>
      HEALTH.indexOf(a.state) - HEALTH.indexOf(b.state) ||
      (a.state === "online" ? 0 : instant(b.since) - instant(a.since)) ||
      (a.device < b.device ? -1 : 1),
  );
}

export function healthCounts(rows: Iterable<DeviceRow>): Record<HealthWord, number> {
  const found: Record<HealthWord, number> = { offline: 0, degraded: 0, waiting: 0, out_of_service: 0, online: 0 };
  for (const row of rows) found[row.state] += 1;
  return found;
}
