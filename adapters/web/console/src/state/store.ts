// All that the console knows, in one place; pages read it and are told when it changed.

import type { DeviceRow, PointDetail, ServerMessage, SiteAnswer, TopicMessage, ZoneRow } from "../api/protocol.ts";
import { type AlarmsState, agrees as alarmsAgree, emptyAlarms, foldAlarms } from "./alarms.ts";
import { connecting, type ConnectionInput, type ConnectionState, foldConnection } from "./connection.ts";
import { agrees as devicesAgree, type DevicesState, emptyDevices, foldDevices } from "./devices.ts";
import { emptyPoints, foldPoints, type PointsState } from "./points.ts";
import { heard } from "./topic.ts";

/** The subscriptions of this console, by the ids it gives them. */
export const ALARMS = 1;
export const DEVICES = 2;
export const POINTS = 3;

/** Pages are redrawn at most this often, milliseconds, however fast the hub talks. */
const FRAME_MS = 30;

export class Store {
  site: SiteAnswer | null = null;
  zones: ReadonlyMap<string, ZoneRow> = new Map();
  alarms: AlarmsState = emptyAlarms();
  devices: DevicesState = emptyDevices();
  points: PointsState = emptyPoints();
  connection: ConnectionState = connecting(Date.now());
  /** The points of devices that were looked at, as the hub described them. */
  details: ReadonlyMap<string, readonly PointDetail[]> = new Map();

  #pages = new Set<() => void>();
  #effects = new Set<() => void>();
  #scheduled = false;

  /** Hear of changes at the pace of the screen; returns how to stop. */
  subscribe(page: () => void): () => void {
    this.#pages.add(page);
    return () => this.#pages.delete(page);
  }

  /** Hear of every change at once, also in a hidden tab: for sound and spoken alerts. */
  onChange(effect: () => void): void {
    this.#effects.add(effect);
  }

  /** Tell everyone that something changed. */
  changed(): void {
    for (const effect of this.#effects) effect();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      for (const page of this.#pages) page();
    }, FRAME_MS);
  }

  /** Fold one message of a subscription in. */
  fold(message: TopicMessage): void {
    const epoch = this.connection.epoch;
    if (message.id === ALARMS) this.alarms = foldAlarms(this.alarms, message, epoch);
    else if (message.id === DEVICES) this.devices = foldDevices(this.devices, message, epoch);
    else if (message.id === POINTS) this.points = foldPoints(this.points, message, epoch);
    this.changed();
  }

  /** Fold a heartbeat in; return the subscriptions whose rows are not what the hub says they must be. */
  beat(message: Extract<ServerMessage, { t: "hb" }>, now: number): number[] {
    const differing: number[] = [];
    const alarms = message.sums[ALARMS];
    const devices = message.sums[DEVICES];
    if (alarms && !alarmsAgree(this.alarms, alarms)) differing.push(ALARMS);
    if (devices && !devicesAgree(this.devices, devices)) differing.push(DEVICES);
    if (differing.length === 0) {
      this.alarms = heard(this.alarms, this.connection.epoch, message.seq);
      this.devices = heard(this.devices, this.connection.epoch, message.seq);
    }
    const whole = this.alarms.phase === "live" && this.devices.phase === "live";
    const verdict = differing.length ? "differs" : whole ? "same" : "partial";
    this.connect({ what: "heartbeat", message, verdict, now });
    return differing;
  }

  connect(input: ConnectionInput): void {
    const next = foldConnection(this.connection, input);
    if (next === this.connection) return;
    this.connection = next;
    if (input.what !== "heard") this.changed();
  }

  forgetPoints(): void {
    this.points = emptyPoints();
    this.changed();
  }

  describe(device: string, points: readonly PointDetail[]): void {
    this.details = new Map(this.details).set(device, points);
    this.changed();
  }

  /** The hub's time now, milliseconds, as far as this console can tell. */
  now(): number {
    return Date.now() + this.connection.offset;
  }

  get timezone(): string {
    return this.site?.timezone ?? "Asia/Ho_Chi_Minh";
  }

  may(right: string): boolean {
    return this.connection.phase === "live" && this.connection.may.includes(right);
  }

  device(id: string): DeviceRow | undefined {
    return this.devices.rows.get(id);
  }
}

export const store = new Store();
