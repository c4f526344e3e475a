// The home page: every alarm that needs somebody, what nobody has acknowledged first.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { AlarmRow, PriorityWord } from "../api/protocol.ts";
import "../components/alarm-detail.ts";
import { alarmSymbol, prioritySymbol, priorityWord } from "../components/symbol.ts";
import { View } from "../components/view.ts";
import { language, say, text, word } from "../lib/language.ts";
import { alarmWords, deviceName, zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { sounder } from "../lib/sound.ts";
import { briefTime, duration, instant } from "../lib/time.ts";
import { type AlarmFilter, counts, foldedUnder, listed, noFilter, PRIORITIES } from "../state/alarms.ts";
import { acknowledge } from "../state/actions.ts";
import { store } from "../state/store.ts";

/** Rows drawn at once; the rest is one press away. */
const PAGE = 300;

class Alarms extends View {
  static override properties = { selected: { attribute: false } };
  declare selected: string | null;

  #filter: AlarmFilter = noFilter();
  #shown = PAGE;
  #open = new Set<string>();
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("keydown", this.#key);
    this.#clock = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#key);
    clearInterval(this.#clock);
  }

  protected override render(): TemplateResult {
    const rows = this.#rows();
    return html`<main class="alarms">
      <section class="list">
        ${this.#filters()}
        <div class="scroll">
          <table class="alarm-table">
            <thead><tr>
              <th class="w-priority">${say("priority")}</th><th>${say("alarm")}</th>
              <th class="w-state">${say("state")}</th><th class="w-time">${say("since")}</th>
              <th class="w-ack"><span class="for-ears">${say("ack")}</span></th>
            </tr></thead>
            <tbody>${repeat(rows.slice(0, this.#shown), (row) => row.alarm, (row, n) => this.#rowsOf(row, n))}</tbody>
          </table>
          ${rows.length === 0 ? this.#nothing() : nothing}
          ${rows.length > this.#shown
            ? html`<button class="more" @click=${() => this.#more()}>${say("show_more")} (${rows.length - this.#shown})</button>`
            : nothing}
        </div>
        <p class="keys">${say("keys")}</p>
      </section>
      <cw-alarm-detail .alarm=${this.selected}></cw-alarm-detail>
    </main>`;
  }

  #rows(): AlarmRow[] {
    return listed(store.alarms, this.#filter, alarmWords);
  }

  /** A row, and below it, when they are wanted, the consequences that are folded under it. */
  #rowsOf(row: AlarmRow, n: number): TemplateResult {
    const open = this.#open.has(row.alarm);
    return html`${this.#row(row, n)}${open ? foldedUnder(store.alarms, row.alarm).map((under) => this.#row(under, -1)) : nothing}`;
  }

  #row(row: AlarmRow, n: number): TemplateResult {
    const chosen = row.alarm === this.selected;
    const suspect = store.alarms.suspect.has(row.alarm);
    const reachable = chosen || (n === 0 && !store.alarms.rows.has(this.selected ?? ""));
    return html`<tr class="${row.priority} ${row.acked ? "acked" : "unacked"} ${suspect ? "suspect" : ""} ${row.hold ? "held" : ""}"
      data-alarm=${row.alarm} data-state=${row.state} aria-selected=${chosen ? "true" : "false"} tabindex=${reachable ? 0 : -1}
      @click=${() => this.#select(row.alarm)} @keydown=${(event: KeyboardEvent) => event.key === "Enter" && this.#select(row.alarm)}>
      <td><span class="priority">${alarmSymbol(row)} ${priorityWord(row)}</span></td>
      <td class="what"><span class="text">${text(row.text)}${marks(row)}</span><span class="where">${where(row)} ${this.#fold(row)}</span></td>
      <td>${word(row.state)}${row.acked_by && row.acked ? html`<span class="where">${row.acked_by}</span>` : nothing}</td>
      <td class="number">${briefTime(instant(row.since), store.now(), store.timezone)}<span class="where">${duration(store.now() - instant(row.since), language())}</span></td>
      <td>${row.acked || row.hold ? nothing : this.#ackButton(row, suspect)}</td>
    </tr>`;
  }

  #fold(row: AlarmRow): TemplateResult | typeof nothing {
    const n = foldedUnder(store.alarms, row.alarm).length;
    if (n === 0) return nothing;
    const open = this.#open.has(row.alarm);
    return html`<button class="fold" aria-expanded=${open ? "true" : "false"} @click=${(event: Event) => {
      event.stopPropagation();
      if (!this.#open.delete(row.alarm)) this.#open.add(row.alarm);
      this.requestUpdate();
    }}>${open ? "▾" : "▸"} ${n} ${say("consequences")}</button>`;
  }

  #ackButton(row: AlarmRow, suspect: boolean): TemplateResult {
    return html`<button class="ack" ?disabled=${suspect || !store.may("ack")} @click=${(event: Event) => {
      event.stopPropagation();
      void acknowledge(row);
    }}>${say("ack_short")}</button>`;
  }

  #nothing(): TemplateResult {
    if (store.alarms.phase === "empty") return html`<p class="empty">${say("loading")}</p>`;
    if (store.alarms.rows.size === 0) return html`<p class="empty">${say("no_alarms")}</p>`;
    return html`<p class="empty">${say("no_match")} <button @click=${() => this.#narrow(noFilter())}>${say("clear_filter")}</button></p>`;
  }

  #filters(): TemplateResult {
    const found = counts(store.alarms);
    const rows = [...store.alarms.rows.values()];
    const categories = [...new Set(rows.map((row) => row.category))].sort();
    const filter = this.#filter;
    return html`<div class="filters" role="group" aria-label=${say("filter")}>
      ${PRIORITIES.map((priority) => html`<button class="chip" aria-pressed=${filter.priorities.has(priority) ? "true" : "false"}
        @click=${() => this.#toggle(priority)}>${prioritySymbol(priority, found.total[priority] ? "" : "calm")} ${say(priority)}</button>`)}
      <select aria-label=${say("category")} .value=${filter.category} @change=${(e: Event) => this.#narrow({ category: valueOf(e) })}>
        <option value="">${say("all_categories")}</option>
        ${categories.map((name) => html`<option value=${name} ?selected=${name === filter.category}>${word(name)}</option>`)}
      </select>
      <select aria-label=${say("zone")} .value=${filter.zone} @change=${(e: Event) => this.#narrow({ zone: valueOf(e) })}>
        <option value="">${say("all_zones")}</option>
        ${[...store.zones.keys()].map((zone) => html`<option value=${zone} ?selected=${zone === filter.zone}>${zonePath(zone)}</option>`)}
      </select>
      <input type="search" placeholder=${say("filter")} aria-label=${say("filter")} .value=${filter.text}
        @input=${(e: Event) => this.#narrow({ text: valueOf(e) })} />
    </div>`;
  }

  #toggle(priority: PriorityWord): void {
    const priorities = new Set(this.#filter.priorities);
    if (!priorities.delete(priority)) priorities.add(priority);
    this.#narrow({ priorities });
  }

  #narrow(change: Partial<AlarmFilter>): void {
    this.#filter = { ...this.#filter, ...change };
    this.#shown = PAGE;
    this.requestUpdate();
  }

  #more(): void {
    this.#shown += PAGE;
    this.requestUpdate();
  }

  #select(alarm: string | null): void {
    location.hash = href("alarms", alarm);
  }

  readonly #key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (target.matches("input, textarea, select")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const acts: Record<string, () => void> = {
      j: () => this.#move(1), ArrowDown: () => this.#move(1), k: () => this.#move(-1), ArrowUp: () => this.#move(-1),
      a: () => this.#acknowledgeSelected(), s: () => sounder.silence(Date.now()),
      "/": () => this.querySelector<HTMLInputElement>("input[type=search]")?.focus(), Escape: () => this.#select(null),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  #move(step: number): void {
    const rows = this.#rows().slice(0, this.#shown);
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.alarm === this.selected);
    const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (!next) return;
    this.#select(next.alarm);
    const line = [...this.querySelectorAll<HTMLElement>("tr[data-alarm]")].find((tr) => tr.dataset["alarm"] === next.alarm);
    line?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: "nearest" });
  }

  #acknowledgeSelected(): void {
    const row = store.alarms.rows.get(this.selected ?? "");
    if (row && !row.acked && !row.hold && !store.alarms.suspect.has(row.alarm)) void acknowledge(row);
  }
}

function marks(row: AlarmRow): TemplateResult {
  return html`${row.mark ? html` <b class="mark">${row.mark}</b>` : nothing}${row.raised > 1 ? html` <span class="mark">×${row.raised}</span>` : nothing}${row.first ? html` <span class="mark">${say("first_out")}</span>` : nothing}${row.hold ? html` <span class="mark">${word(row.hold)}</span>` : nothing}`;
}

function where(row: AlarmRow): string {
  return `${zonePath(row.zone)} · ${deviceName(row.device)}`;
}

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}

customElements.define("cw-alarms", Alarms);
