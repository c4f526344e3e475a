// The hub's REST interface, as far as this console uses it. Errors carry what the hub said.

import type { ChecklistAnswer, DeadLetterPage, NotificationsAnswer, RetryAnswer, AwaitingPage, CommandAnswer, CommandPage, DeviceAnswer, HeldPage, HistoryAnswer, HoldAnswer, JournalPage, KpiAnswer, LookedPage, LookRequest, PassagePage, PicturesAnswer, PictureRow, MapAnswer, MeAnswer, PointPage, Problem, SelectAnswer, SiteAnswer, ZonePage } from "./protocol.ts";

const ROOT = "/api/v1";

/** The hub answered, but not with what was asked for. */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: Problem | null;
  constructor(status: number, problem: Problem | null) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

async function ask<T>(path: string, init: RequestInit = {}, patience = 10_000): Promise<T> {
  const answer = await fetch(`${ROOT}${path}`, {
    credentials: "same-origin", cache: "no-store", ...init, signal: init.signal ?? AbortSignal.timeout(patience),
  });
  if (!answer.ok) throw new Refusal(answer.status, await problem(answer));
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function problem(answer: Response): Promise<Problem | null> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    return null;
  }
}

function send<T>(path: string, method: string, body?: object, patience?: number): Promise<T> {
  const init: RequestInit = { method };
  if (body) Object.assign(init, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return ask<T>(path, init, patience);
}

function command(device: string, name: string): string {
  return `/devices/${encodeURIComponent(device)}/commands/${encodeURIComponent(name)}`;
}

function query(fields: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(fields).filter(([, v]) => v !== null && v !== undefined && v !== "");
  return given.length ? `?${new URLSearchParams(given.map(([k, v]) => [k, String(v)]))}` : "";
}

export const rest = {
  site: () => ask<SiteAnswer>("/site"),
  me: () => ask<MeAnswer>("/me"),
  zones: () => ask<ZonePage>("/zones?limit=1000"),
  device: (device: string) => ask<DeviceAnswer>(`/devices/${encodeURIComponent(device)}`),
  points: (device: string) => ask<PointPage>(`/devices/${encodeURIComponent(device)}/points?limit=1000`),
  commands: (device: string) => ask<CommandPage>(`/devices/${encodeURIComponent(device)}/commands`),
  select: (device: string, name: string) => send<SelectAnswer>(`${command(device, name)}/select`, "POST"),
  // A command may take as long as its device and its read-back.
  operate: (device: string, name: string, body: { note: string; token: string | null; request: string }) =>
    send<CommandAnswer>(`${command(device, name)}/operate`, "POST", body, 60_000),
  awaiting: () => ask<AwaitingPage>("/commands/awaiting"),
  confirm: (id: string, note: string) => send<CommandAnswer>(`/commands/awaiting/${encodeURIComponent(id)}/confirm`, "POST", { note }, 60_000),
  withdraw: (id: string) => send<AwaitingPage>(`/commands/awaiting/${encodeURIComponent(id)}/withdraw`, "POST"),
  holds: () => ask<HeldPage>("/holds?limit=1000"),
  endHold: (scope: string) => send<HoldAnswer>(`/holds/${encodeURIComponent(scope)}/end`, "POST", {}),
  map: () => ask<MapAnswer>("/map.geojson"),
  checklist: (alarm: string) => ask<ChecklistAnswer>(`/alarms/${encodeURIComponent(alarm)}/playbook`),
  markStep: (alarm: string, step: string, body: { occurrence: number; done: boolean }) =>
    send<ChecklistAnswer>(`/alarms/${encodeURIComponent(alarm)}/playbook/${encodeURIComponent(step)}`, "POST", body),
  notifications: () => ask<NotificationsAnswer>("/notifications?limit=100"),
  deadLetters: () => ask<DeadLetterPage>("/notifications/dead-letters?limit=200"),
  retry: (key: string) => send<RetryAnswer>(`/notifications/${encodeURIComponent(key)}/retry`, "POST"),
  journal: (fields: Record<string, string | number | null | undefined>) => ask<JournalPage>(`/journal${query(fields)}`),
  passages: (fields: Record<string, string | number | null | undefined>) => ask<PassagePage>(`/passages${query(fields)}`),
  look: (body: Partial<LookRequest>) => send<LookedPage>("/passages/look", "POST", body, 40_000),
  load: (from: number, to: number) => ask<KpiAnswer>(`/kpi/alarms${query({ from: new Date(from).toISOString(), to: new Date(to).toISOString() })}`),
  pictures: (alarm: string, occurrence: number) => ask<PicturesAnswer>(`/pictures${query({ alarm, occurrence })}`),
  history: (point: string, from: number, to: number, slices: number) =>
    ask<HistoryAnswer>(
      `/points/${point.split("/").map(encodeURIComponent).join("/")}/history` +
        query({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), points: slices }),
    ),
  login: (user: string, password: string) => send<unknown>("/login", "POST", { user, password }),
  logout: () => send<void>("/logout", "POST"),
};

/** Where a picture of an alarm lies; the hub writes down who fetches it. */
export function pictureAddress(alarm: string, occurrence: number, item: PictureRow): string {
  return `${ROOT}/pictures/${encodeURIComponent(item.camera)}/${item.key}.jpg${query({ alarm, occurrence })}`;
}
