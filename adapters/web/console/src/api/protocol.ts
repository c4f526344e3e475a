// What travels between hub and console, by the names this console uses.

export interface Text { vi: string; en: string }
export type Scalar = boolean | number | string;
export type PriorityWord = "critical" | "high" | "medium" | "low";
export type QualityWord = "good" | "uncertain" | "bad";
export type HealthWord = "waiting" | "online" | "degraded" | "offline" | "out_of_service";
export type StateWord =
  | "normal" | "unacknowledged" | "acknowledged" | "returned" | "latched_unacknowledged" | "latched_acknowledged";

export interface AlarmRow {
  alarm: string; occurrence: number; rev: number; rule: string; device: string; point: string | null; zone: string;
  category: string; priority: PriorityWord; state: StateWord; active: boolean; acked: boolean; latched: boolean;
  hold: string | null; since: string; text: Text; cause: Record<string, unknown>; input: string; by: string | null;
  at: string; note: string | null; acked_by: string | null; acked_at: string | null; returned_at: string | null;
  comments: number; instructions: string | null;
}

export interface DeviceRow {
  device: string; title: Text; profile: string; driver: string; zone: string; state: HealthWord; reason: string;
  detail: string; since: string; last_heard: string | null; behind: string | null; tags: string[];
  at: [number, number] | null; points: number; rev: number;
}

export interface PointRow {
  point: string; value: Scalar | null; quality: QualityWord; reason: string; unit: string | null; time: string | null;
  source_time: string | null; hub_time: string | null; rev: number;
}

export interface PointDetail extends PointRow {
  device: string; name: string; title: Text; kind: string; type: "bool" | "int" | "float" | "text"; zone: string;
  writable: boolean; range: [number, number] | null;
}

export interface ZoneRow { zone: string; title: Text; parent: string | null; at: [number, number] | null; instructions: string | null }
export interface BucketRow { at: string; low: number | null; high: number | null; last: Scalar | null; quality: QualityWord; count: number }
export interface JournalEntry { seq: number; at: string; kind: string; body: Record<string, unknown> }
export interface SiteAnswer {
  id: string; title: Text; timezone: string; language: string; version: string; epoch: string; seq: number; time: string;
  zones: number; devices: number; points: number; rules: number;
}
export interface MeAnswer { user: string; role: string; may: string[]; language: string; expires: string | null }

export type Topic = "alarms" | "devices" | "points";
export interface Position { epoch: string; seq: number }
export interface Sum { count: number; unacked: number; digest: string }

export interface Hello {
  t: "hello"; v: 1; epoch: string; seq: number; time: string; heartbeat_s: number; user: string; role: string;
  may: string[]; language: string;
}
export interface SnapBegin { t: "snap.begin"; id: number; topic: Topic; seq: number; count: number }
export interface Snap { t: "snap"; id: number; rows: unknown[] }
export interface SnapEnd { t: "snap.end"; id: number; seq: number; digest: string | null }
export interface Resumed { t: "resumed"; id: number; topic: Topic; seq: number }
export interface Put { t: "ev"; id: number; seq: number; op: "put"; row: unknown }
export interface Del { t: "ev"; id: number; seq: number; op: "del"; key: string; row: unknown }
export interface Set { t: "ev"; id: number; seq: number; op: "set"; rows: PointRow[] }
export interface Heartbeat { t: "hb"; seq: number; time: string; sums: Record<string, Sum> }
export interface Accepted { alarm: string; occurrence: number; rev: number; state: StateWord }
export interface Declined {
  alarm: string; why: string; by: string | null; at: string | null; occurrence: number | null; rev: number | null;
  state: StateWord | null;
}
export interface Done { t: "done"; cid: string; ok: Accepted[]; no: Declined[] }
export interface Lost { t: "lost"; id: number; from: number; to: number }
export interface Err { t: "err"; id: number | null; cid: string | null; why: string; detail: string }

export type TopicMessage = SnapBegin | Snap | SnapEnd | Resumed | Put | Del | Set | Lost;
export type ServerMessage = Hello | TopicMessage | Heartbeat | Done | Err;

export interface Filter { zone?: string; points?: string[]; device?: string }
