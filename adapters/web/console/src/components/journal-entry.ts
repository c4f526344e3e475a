// One journaled record as people read it: when, what, about what, by whom.

import { html, nothing, type TemplateResult } from "lit";
import type { JournalEntry } from "../api/protocol.ts";
import { language, say, text, word } from "../lib/language.ts";
import { deviceName } from "../lib/names.ts";
import { dateTime, instant } from "../lib/time.ts";
import { causeLine } from "../lib/values.ts";
import { store } from "../state/store.ts";

export interface Said {
  at: string;
  /** What happened, in one or two words. */
  what: string;
  /** To what: the alarm's text, the device's name. */
  about: string;
  detail: string;
  who: string;
}

/** The words of one record. */
export function said(entry: JournalEntry): Said {
  const body = entry.body;
  const base = { at: dateTime(instant(entry.at), store.timezone), who: str(body["who"]), detail: str(body["note"]) };
  switch (entry.kind) {
    case "transition":
      return { ...base, what: word(str(body["input"]), "in_"), about: bothWords(body["text"]) || str(body["alarm"]), detail: base.detail || causeWords(body) };
    case "operator_action":
      return { ...base, what: word(str(body["kind"]), "in_"), about: str(body["alarm"]) };
    case "device_change":
      return { ...base, what: word(str(body["state"])), about: deviceName(str(body["device"])), detail: str(body["detail"]) };
    case "service_change":
      return { ...base, what: word(body["out"] ? "out_of_service" : "in_in_service"), about: str(body["scope"]) };
    case "command":
      return { ...base, what: word(entry.kind, "k_"), about: commandWords(body) };
    case "command_result":
      return { ...base, what: word(str(body["outcome"]), "out_"), about: commandWords(body), detail: str(body["detail"]) };
    case "playbook_step":
      return { ...base, what: word(str(body["what"]), "st_"), about: str(body["alarm"]), detail: [body["step"], body["note"], body["mark"]].map(str).filter(Boolean).join(" · ") };
    case "delivery":
      return { ...base, what: word(str(body["outcome"]), "dl_"), about: `${str(body["channel"])} ${list(body["to"])}`, detail: str(body["detail"]) };
    case "plate_look": {
      const shown = body["refused"] ? str(body["refused"]) : `${str(body["rows"])} ${say("passages").toLowerCase()}`;
      return { ...base, what: word(entry.kind, "k_"), about: str(body["purpose"]), detail: `${shown} · ${fields(body["query"])}` };
    }
    case "system_note":
      return { ...base, what: word(entry.kind, "k_"), about: str(body["what"]), detail: fields(body["detail"]) };
    default:
      return { ...base, what: word(entry.kind, "k_"), about: fields(body) };
  }
}

/** A line of an alarm's timeline, where what it is about need not be said again. */
export function entryLine(entry: JournalEntry): TemplateResult {
  const { at, what, detail, who } = said(entry);
  return html`<li data-kind=${entry.kind}><time>${at}</time><span><b>${what}</b>${who ? html` · ${who}` : nothing}
    ${detail ? html`<span class="where">${detail}</span>` : nothing}</span></li>`;
}

function causeWords(body: Record<string, unknown>): string {
  if (body["input"] !== "raise" || typeof body["cause"] !== "object" || body["cause"] === null) return "";
  return causeLine(body["cause"] as Record<string, unknown>);
}

function commandWords(body: Record<string, unknown>): string {
  const point = str(body["point"]);
  const value = body["value"] === undefined ? "" : ` = ${str(body["value"])}`;
  return body["name"] ? `${deviceName(point.split("/")[0] ?? "")} · ${str(body["name"])}` : `${point}${value}`;
}

function bothWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  const given = value as Record<string, unknown>;
  return text({ vi: str(given["vi"]), en: str(given["en"]) }) || str(given[language()]);
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : "";
}

function str(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function fields(value: unknown): string {
  if (typeof value !== "object" || value === null) return str(value);
  return Object.entries(value).filter(([, v]) => v !== null && typeof v !== "object").map(([k, v]) => `${k} ${String(v)}`).join(", ");
}
