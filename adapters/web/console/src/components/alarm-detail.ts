// One alarm: why it is there, what to do, what happened so far, and the actions.

import { html, nothing, type TemplateResult } from "lit";
import type { AlarmRow, JournalEntry } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { language, say, text, word } from "../lib/language.ts";
import { deviceName, pointDetail, zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { dateTime, duration, instant } from "../lib/time.ts";
import { causeParts, inTongue } from "../lib/values.ts";
import { act, acknowledge, answer } from "../state/actions.ts";
import { describe, link } from "../state/session.ts";
import { store } from "../state/store.ts";
import { alarmSymbol } from "./symbol.ts";
import { entryLine } from "./journal-entry.ts";
import "./checklist.ts";
import "./pictures.ts";
import "./trend.ts";
import "./hold.ts";
import { holdLines } from "./hold-lines.ts";
import { View } from "./view.ts";

const HOUR = 3_600_000;
const TIMELINE = 50;
const RETRY_MS = 1500;

class AlarmDetail extends View {
  static override properties = { alarm: { attribute: false } };
  declare alarm: string | null;

  /** The last row seen: an alarm that ended stays readable until the operator turns away. */
  #row: AlarmRow | null = null;
  #timeline: JournalEntry[] | null = null;
  #timelineOf = "";
  /** Whether the history could not be asked: then only the last change is known, and it is said. */
  #unheard = false;
  #note = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    link.watch([]);
  }

  protected override willUpdate(): void {
    const row = this.alarm ? store.alarms.rows.get(this.alarm) : undefined;
    if (row) this.#row = row;
    else if (this.#row && this.#row.alarm !== this.alarm) this.#row = null;
    if (this.#row) void describe(this.#row.device).catch(() => undefined);
    link.watch(this.#row?.point ? [this.#row.point] : []);
    const wanted = this.#row ? `${this.#row.alarm} ${this.#row.rev} ${row ? "" : "ended"}` : "";
    if (wanted !== this.#timelineOf) void this.#load(wanted, this.#row?.alarm ?? "");
  }

  async #load(wanted: string, alarm: string): Promise<void> {
    if (!this.#timelineOf.startsWith(`${alarm} `)) {
      this.#timeline = null;
      this.#note = "";
    }
    this.#timelineOf = wanted;
    if (!alarm) return;
    try {
      const page = await rest.journal({ alarm, limit: TIMELINE });
      if (this.#timelineOf !== wanted) return;
      this.#timeline = page.items;
      this.#unheard = false;
    } catch {
      if (this.#timelineOf !== wanted) return;
      this.#timeline ??= [];
      this.#unheard = true;
    }
    this.requestUpdate();
    // The database follows the stream a little later; ask again until it has the last change.
    if (this.#row && this.isConnected && !holds(this.#timeline, this.#row)) setTimeout(() => void this.#again(wanted, alarm), RETRY_MS);
  }

  async #again(wanted: string, alarm: string): Promise<void> {
    if (this.#timelineOf === wanted && this.isConnected) await this.#load(wanted, alarm);
  }

  protected override render(): TemplateResult {
    const row = this.#row;
    if (!row) return html`<aside class="detail none"><p>${say("select_hint")}</p></aside>`;
    const ended = !store.alarms.rows.has(row.alarm);
    return html`<aside class="detail" aria-label=${say("detail")}>
      <div class="detail-head ${row.priority} ${row.acked ? "acked" : "unacked"}">
        ${alarmSymbol(row)}
        <div><span class="line">${say(row.priority)} · ${ended ? say("gone") : word(row.state)}</span><h2>${text(row.text)}</h2></div>
        <a class="button quiet" href=${href("alarms")} aria-label=${say("close")} title=${say("close")}>✕</a>
      </div>
      <div class="detail-body">
        ${row.category === "fire" ? html`<p class="not-a-panel">${say("not_a_panel")}</p>` : nothing}
        ${this.#causes(row)} ${this.#facts(row)} ${this.#instructions(row)} ${ended ? nothing : html`<cw-checklist .row=${row}></cw-checklist>`} <cw-pictures .row=${row}></cw-pictures> ${this.#trend(row)} ${this.#events(row)}
      </div>
      ${ended ? nothing : html`<cw-hold .row=${row}></cw-hold>`}
      ${ended ? nothing : this.#actions(row)}
    </aside>`;
  }

  #facts(row: AlarmRow): TemplateResult {
    const since = instant(row.since);
    const acked = row.acked && row.acked_by;
    return html`<dl class="facts">
      <dt>${say("place")}</dt><dd>${zonePath(row.zone)}</dd>
      <dt>${say("device")}</dt><dd><a href=${href("device", row.device)}>${deviceName(row.device)}</a></dd>
      <dt>${say("first_seen")}</dt><dd>${dateTime(since, store.timezone)} · ${duration(store.now() - since, language())}</dd>
      ${acked ? html`<dt>${say("acked_by")}</dt><dd>${row.acked_by} · ${dateTime(instant(row.acked_at), store.timezone)}</dd>` : nothing}
      ${holdLines(row)}
      <dt>${say("category")}</dt><dd>${word(row.category)} · ${say("rule")} ${row.rule}</dd>
    </dl>`;
  }

  #causes(row: AlarmRow): TemplateResult | typeof nothing {
    const parts = causeParts(row.cause);
    if (parts.length === 0) return nothing;
    const device = row.device;
    return html`<section class="cause"><h3>${say("cause")}</h3>
      ${parts.map((part) => {
        const detail = pointDetail(part.name ? `${device}/${part.name}` : row.point);
        return html`<p>${detail ? html`${text(detail.title)}: ` : part.name ? `${part.name}: ` : nothing}<b>${part.value}</b>${part.limit ? html`<span class="dim">${part.limit}</span>` : nothing}</p>`;
      })}
    </section>`;
  }

  #instructions(row: AlarmRow): TemplateResult | typeof nothing {
    const own = row.instructions ?? store.zones.get(row.zone)?.instructions;
    if (!own) return nothing;
    return html`<section class="instructions"><h3>${say("instructions")}</h3><p>${inTongue(own)}</p></section>`;
  }

  #trend(row: AlarmRow): TemplateResult | typeof nothing {
    const detail = pointDetail(row.point);
    if (!detail || detail.type === "text") return nothing;
    return html`<section><h3>${say("trend_hour")}</h3>
      <cw-trend .point=${detail} .span=${HOUR} .height=${120}></cw-trend></section>`;
  }

  #events(row: AlarmRow): TemplateResult {
    const known = this.#timeline ?? [];
    const timeline = holds(known, row) ? known : [lastChange(row), ...known];
    return html`<section><h3>${say("timeline")}</h3><ol class="timeline">${timeline.map(entryLine)}</ol>
      ${this.#timeline === null ? html`<p class="dim">${say("loading")}</p>` : nothing}
      ${this.#unheard ? html`<p class="dim">${say("history_away")}</p>` : nothing}
    </section>`;
  }

  #actions(row: AlarmRow): TemplateResult {
    const suspect = store.alarms.suspect.has(row.alarm);
    const refused = answer(row.alarm);
    const off = (right: string): boolean => suspect || !store.may(right);
    return html`<form class="actions" @submit=${(event: Event) => this.#submit(event, row)}>
      ${refused ? html`<p class="problem" role="status">${refused}</p>` : nothing}
      <input name="note" aria-label=${say("comment")} placeholder=${say("comment_hint")} maxlength="2000" autocomplete="off"
        .value=${this.#note} @input=${(event: Event) => this.#type(event)} />
      <button type="button" ?disabled=${off("comment") || this.#note.trim() === ""} @click=${() => void this.#do("comment", row)}>${say("add_comment")}</button>
      ${row.latched && !row.active ? html`<button type="button" ?disabled=${off("reset")} @click=${() => void this.#do("reset", row)}>${say("reset")}</button>` : nothing}
      ${row.acked ? nothing : html`<button class="main ack" ?disabled=${off("ack")}>${say("ack")} <kbd>A</kbd></button>`}
    </form>`;
  }

  #type(event: Event): void {
    this.#note = (event.target as HTMLInputElement).value;
    this.requestUpdate();
  }

  #submit(event: Event, row: AlarmRow): void {
    event.preventDefault();
    if (row.acked) void this.#do("comment", row);
    else void acknowledge(row, this.#note.trim()).then((taken) => this.#clear(taken));
  }

  async #do(op: "comment" | "reset", row: AlarmRow): Promise<void> {
    this.#clear(await act(op, row, this.#note.trim()));
  }

  #clear(taken: boolean): void {
    if (taken) this.#note = "";
    this.requestUpdate();
  }
}

function holds(timeline: readonly JournalEntry[], row: AlarmRow): boolean {
  return timeline.some((entry) => entry.kind === "transition" && Number(entry.body["n"]) >= row.rev);
}

/** The alarm's last change as the journal will tell it. */
function lastChange(row: AlarmRow): JournalEntry {
  return { seq: 0, at: row.at, kind: "transition", body: { ...row, who: row.by, n: row.rev } };
}

customElements.define("cw-alarm-detail", AlarmDetail);
