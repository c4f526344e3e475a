// How heavy the alarms weigh on people: the figures of EEMUA 191 and ISA-18.2 for a period, each beside what is bearable.

import { html, nothing, type TemplateResult } from "lit";
import type { BadRow, FloodRow, KpiAnswer } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { View } from "../components/view.ts";
import { language, say } from "../lib/language.ts";
import { href } from "../lib/route.ts";
import { dateTime, duration, instant } from "../lib/time.ts";
import { store } from "../state/store.ts";

const HOUR = 3_600_000;
const SPANS = { load_8h: 8 * HOUR, load_day: 24 * HOUR, load_week: 168 * HOUR, load_month: 720 * HOUR } as const;
type Span = keyof typeof SPANS;
/** What people can bear, by EEMUA 191 and ISA-18.2: very likely acceptable, and the most that is manageable. */
const BEARABLE = { ten: 1, day: 144, peak: 10, busy: 0.01, flood: 0.01, top: 0.05 } as const;

class Load extends View {
  #span: Span = "load_day";
  #found: KpiAnswer | null = null;
  #problem = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    const span = this.#span;
    try {
      const now = store.now();
      const found = await rest.load(now - SPANS[span], now);
      if (span !== this.#span) return;
      this.#found = found;
      this.#problem = "";
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    this.requestUpdate();
  }

  #choose(span: Span): void {
    this.#span = span;
    this.#found = null;
    void this.#load();
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const found = this.#found;
    return html`<main class="load"><section class="list">
      <div class="filters">${(Object.keys(SPANS) as Span[]).map((span) => html`<button class="chip" aria-pressed=${span === this.#span ? "true" : "false"}
        @click=${() => this.#choose(span)}>${say(span)}</button>`)}
        <span class="spring"></span><button @click=${() => void this.#load()}>${say("refresh")}</button></div>
      <div class="scroll">
        ${this.#problem ? html`<p class="problem" role="status">${this.#problem}</p>` : nothing}
        ${found ? this.#figures(found) : html`<p class="empty">${this.#problem ? "" : say("loading")}</p>`}
      </div></section></main>`;
  }

  #figures(found: KpiAnswer): TemplateResult {
    return html`
      ${found.coverage < 0.999 ? html`<p class="note">${say("load_covered")} ${share(found.coverage)}</p>` : nothing}
      <div class="cards">
        ${card(say("load_alarms"), number(found.alarms), found.held ? `${found.held} ${say("load_held")}` : "", true)}
        ${card(say("load_ten"), number(found.per_operator_10_min), `≤ ${BEARABLE.ten}`, found.per_operator_10_min <= BEARABLE.ten)}
        ${card(say("load_per_day"), number(found.per_operator_day), `≤ ${BEARABLE.day}`, found.per_operator_day <= BEARABLE.day)}
        ${card(say("load_peak"), number(found.peak_10_min), `≤ ${BEARABLE.peak}${found.peak_at ? ` · ${at(found.peak_at)}` : ""}`, found.peak_10_min <= BEARABLE.peak)}
        ${card(say("load_flood"), share(found.in_flood), `≤ ${share(BEARABLE.flood)}`, found.in_flood <= BEARABLE.flood)}
        ${card(say("load_ack"), found.ack.p50 === null ? "–" : seconds(found.ack.p50), found.ack.p95 === null ? "" : `p95 ${seconds(found.ack.p95)} · ${found.ack.never} ${say("load_never")}`, true)}
      </div>
      <div class="columns">
        <section><h3>${say("load_mix")}</h3>${this.#mix(found)}
          <h3>${say("load_floods")}</h3>${found.floods.length ? html`<ol class="bad">${found.floods.map(flood)}</ol>` : html`<p class="dim">${say("load_none")}</p>`}</section>
        <section><h3>${say("load_top")} ${found.top.length ? html`<span class="dim">${share(found.top_share)}</span>` : nothing}</h3>${bad(found.top, "×")}
          <h3>${say("load_chattering")}</h3>${bad(found.chattering, say("per_minute"))}
          <h3>${say("load_standing")}</h3>${bad(found.standing_long, say("hours"))}</section>
      </div>`;
  }

  #mix(found: KpiAnswer): TemplateResult {
    const rows = Object.entries(found.priorities);
    return html`<table class="mix"><tbody>${rows.map(([priority, row]) => html`<tr>
      <th scope="row">${say(priority as "critical")}</th>
      <td><svg viewBox="0 0 100 10" preserveAspectRatio="none" class="bar ${priority}" aria-hidden="true"><rect width=${100 * row.share} height="10" /></svg></td>
      <td class="number">${row.alarms} · ${share(row.share)}</td></tr>`)}</tbody></table>`;
  }
}

function card(title: string, value: string, beside: string, good: boolean): TemplateResult {
  return html`<div class="card ${good ? "" : "over"}"><span class="dim">${title}</span><b>${value}</b><span class="dim">${good ? "" : "▲ "}${beside}</span></div>`;
}

function bad(rows: readonly BadRow[], unit: string): TemplateResult {
  if (rows.length === 0) return html`<p class="dim">${say("load_none")}</p>`;
  return html`<ol class="bad">${rows.map((row) => html`<li><a href=${href("alarms", row.alarm)}>${row.alarm}</a> <b>${number(row.number)} ${unit}</b></li>`)}</ol>`;
}

function flood(span: FloodRow): TemplateResult {
  return html`<li>${at(span.start)} · ${duration(instant(span.end) - instant(span.start), language())} <b>${span.alarms} ×</b></li>`;
}

function at(time: string): string {
  return dateTime(instant(time), store.timezone);
}

function number(value: number): string {
  return value.toLocaleString(language(), { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function share(value: number): string {
  return `${(100 * value).toLocaleString(language(), { maximumFractionDigits: 1 })} %`;
}

function seconds(value: number): string {
  return duration(1000 * value, language());
}

customElements.define("cw-load", Load);
