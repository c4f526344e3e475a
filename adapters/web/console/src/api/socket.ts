// The one connection to the hub: greets, subscribes, resumes, asks again when the digest differs, and never gives up.

import { patience, retryDelay } from "../state/connection.ts";
import { ALARMS, DEVICES, POINTS, type Store } from "../state/store.ts";
import type { Done, Filter, Operation, Position, ServerMessage, Topic, HoldWish } from "./protocol.ts";

const PROTOCOL = "citywatch.v1";
const SIGN_IN = 4401;
const FORBIDDEN = 4403;
/** A connection that is not open after this long is given up, milliseconds. */
const OPEN_MS = 6000;
const ANSWER_MS = 8000;

export interface Act { alarm: string; occurrence: number }

export class Link {
  readonly #store: Store;
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #openBy = 0;
  #heardAt = 0;
  /** Subscriptions that must be complete before the picture counts as true. */
  #awaited = new Set<number>();
  #watched: readonly string[] = [];
  #pending = new Map<string, (done: Done | null) => void>();
  /** Called when the hub began anew: names and zones may have changed. */
  onNewEpoch: () => void = () => undefined;

  constructor(store: Store) {
    this.#store = store;
    setInterval(() => this.#tick(), 1000);
  }

  open(): void {
    clearTimeout(this.#retry);
    this.#drop();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream`, PROTOCOL);
    this.#socket = socket;
    this.#openBy = Date.now() + OPEN_MS;
    this.#heardAt = Date.now();
    socket.onmessage = (event) => this.#hear(JSON.parse(String(event.data)) as ServerMessage);
    socket.onclose = (event) => this.#closed(socket, event.code);
  }

  /** End the connection and stay away (signed out). */
  close(): void {
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** Follow these points instead of those followed before. */
  watch(points: readonly string[]): void {
    if (points.length === this.#watched.length && points.every((p, i) => p === this.#watched[i])) return;
    const before = this.#watched;
    this.#watched = points.slice(0, 500);
    this.#store.forgetPoints();
    if (this.#watched.length) this.#subscribe(POINTS, "points", null);
    else if (before.length) this.#send({ t: "unsub", id: POINTS });
  }

  /** Ask for an action; null when the hub did not answer. */
  act(op: Operation, items: Act[], note: string, more: HoldWish = {}): Promise<Done | null> {
    const cid = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    return new Promise((resolve) => {
      const settle = (done: Done | null): void => {
        clearTimeout(timer);
        this.#pending.delete(cid);
        resolve(done);
      };
      const timer = setTimeout(() => settle(null), ANSWER_MS);
      this.#pending.set(cid, settle);
      if (!this.#send({ t: "do", cid, op, items, ...(note ? { note } : {}), ...more })) settle(null);
    });
  }

  #send(message: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #subscribe(id: number, topic: Topic, from: Position | null): void {
    const filter: Filter = id === POINTS ? { points: [...this.#watched] } : {};
    this.#send({ t: "sub", id, topic, filter, ...(from ? { from } : {}) });
  }

  #hear(message: ServerMessage): void {
    const now = Date.now();
    this.#heardAt = now;
    this.#store.connect({ what: "heard", now });
    switch (message.t) {
      case "hello":
        return this.#greeted(message, now);
      case "hb":
        for (const id of this.#store.beat(message, now)) this.#again(id);
        return;
      case "done":
        this.#pending.get(message.cid)?.(message);
        return;
      case "err":
        if (message.cid) this.#pending.get(message.cid)?.(null);
        return;
      case "lost":
        this.#store.fold(message);
        if (message.id !== POINTS) this.#store.connect({ what: "overrun" });
        return this.#again(message.id);
      default:
        this.#store.fold(message);
        if (message.t === "snap.end" || message.t === "resumed") this.#complete(message.id, now);
    }
  }

  #greeted(message: Extract<ServerMessage, { t: "hello" }>, now: number): void {
    const before = this.#store.connection.epoch;
    this.#store.connect({ what: "hello", message, now });
    this.#awaited = new Set([ALARMS, DEVICES]);
    this.#subscribe(ALARMS, "alarms", this.#store.alarms.position);
    this.#subscribe(DEVICES, "devices", this.#store.devices.position);
    if (this.#watched.length) this.#subscribe(POINTS, "points", null);
    if (before !== "" && before !== message.epoch) this.onNewEpoch();
  }

  #complete(id: number, now: number): void {
    if (this.#awaited.delete(id) && this.#awaited.size === 0) this.#store.connect({ what: "complete", now });
  }

  /** A subscription is not what it should be: take a whole new snapshot of it. */
  #again(id: number): void {
    if (id === POINTS) return this.#subscribe(POINTS, "points", null);
    this.#awaited.add(id);
    this.#subscribe(id, id === ALARMS ? "alarms" : "devices", null);
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#drop();
    if (code === SIGN_IN || code === FORBIDDEN) {
      this.#store.connect({ what: "signed_out" });
      return;
    }
    this.#store.connect({ what: "closed" });
    this.#later();
  }

  #later(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), retryDelay(Math.random()));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const settle of [...this.#pending.values()]) settle(null);
  }

  #tick(): void {
    const now = Date.now();
    if (this.#store.connection.phase === "signed_out") return;
    this.#store.connect({ what: "tick", now });
    const socket = this.#socket;
    if (!socket) return;
    const opening = socket.readyState === WebSocket.CONNECTING;
    if (opening ? now > this.#openBy : now - this.#heardAt > patience(this.#store.connection)) {
      this.#drop();
      this.#store.connect({ what: "closed" });
      this.#later();
    }
  }
}
