// One device: its health, every point with quality and age in words, and the trend of the chosen one.

import { html, nothing, type TemplateResult } from "lit";
import type { DeviceRow, PointDetail, PointRow } from "../api/protocol.ts";
import "../components/commands.ts";
import "../components/traffic.ts";
import { alarmSymbol, healthSymbol } from "../components/symbol.ts";
import "../components/trend.ts";
import { View } from "../components/view.ts";
import { language, say, text, word } from "../lib/language.ts";
import { zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { dateTime, duration, instant } from "../lib/time.ts";
import { qualityText, unitText, valueText } from "../lib/values.ts";
import type { Word } from "../lib/words.ts";
import { order } from "../state/alarms.ts";
import { describe, link } from "../state/session.ts";
import { store } from "../state/store.ts";
import { heard, sentence } from "./devices.ts";

const HOUR = 3_600_000;
const SPANS: readonly (readonly [Word, number])[] = [["h1", HOUR], ["h6", 6 * HOUR], ["h24", 24 * HOUR], ["d7", 168 * HOUR]];

class DevicePage extends View {
  static override properties = { device: { attribute: false } };
  declare device: string;

  #chosen = "";
  #span = HOUR;
  #failed = false;
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    link.watch([]);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("device")) {
      this.#chosen = "";
      this.#failed = false;
    }
    describe(this.device).catch(() => {
      this.#failed = true;
      this.requestUpdate();
    });
    link.watch(this.#points().map((detail) => detail.point));
  }

  #points(): readonly PointDetail[] {
    return store.details.get(this.device) ?? [];
  }

  protected override render(): TemplateResult {
    const row = store.device(this.device);
    if (!row && store.devices.phase === "live") return html`<main class="device"><p class="empty">${say("unknown_device")} <a href=${href("devices")}>${say("back")}</a></p></main>`;
    const points = this.#points();
    const chosen = points.find((detail) => detail.point === this.#chosen) ?? points.find((detail) => detail.type === "float") ?? points.find((detail) => detail.type !== "text");
    return html`<main class="device">
      ${row ? this.#head(row) : nothing}
      <cw-traffic .device=${this.device}></cw-traffic>
      <cw-commands .device=${this.device}></cw-commands>
      <div class="columns">
        <div class="scroll">${points.length ? this.#table(points, chosen) : html`<p class="empty">${say(this.#failed ? "unavailable" : "loading")}</p>`}</div>
        <section class="trend-panel">${this.#trend(chosen)}</section>
      </div>
    </main>`;
  }

  #head(row: DeviceRow): TemplateResult {
    const alarms = [...store.alarms.rows.values()].filter((alarm) => alarm.device === row.device).sort(order);
    const facts: [string, unknown][] = [
      [say("place"), zonePath(row.zone)],
      [say("protocol"), row.driver],
      [say("profile"), row.profile],
      [say("since"), dateTime(instant(row.since), store.timezone)],
      [say("last_heard"), heard(row)],
    ];
    if (row.behind) facts.push([say("behind"), html`<a href=${href("device", row.behind)}>${row.behind}</a>`]);
    return html`<div class="device-head ${row.state}">
      ${healthSymbol(row.state)}
      <div class="who"><h2>${text(row.title)}</h2><p data-health=${row.state}><b>${word(row.state)}</b>${sentence(row) ? html` – ${sentence(row)}` : nothing}</p></div>
      <dl class="facts inline">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <a class="button" href=${href("journal", row.device)}>${say("journal")}</a>
    </div>
    ${alarms.length ? html`<div class="device-alarms">${alarms.slice(0, 4).map((alarm) => html`<a class="small" href=${href("alarms", alarm.alarm)}>
      ${alarmSymbol(alarm)} ${text(alarm.text)}</a>`)}</div>` : nothing}`;
  }

  #table(points: readonly PointDetail[], chosen: PointDetail | undefined): TemplateResult {
    return html`<table class="point-table">
      <thead><tr><th>${say("point")}</th><th class="w-value">${say("value")}</th><th class="w-quality">${say("quality")}</th><th class="w-age">${say("age")}</th></tr></thead>
      <tbody>${points.map((detail) => {
        const now: PointRow = store.points.topic.rows.get(detail.point) ?? detail;
        const choose = (): void => this.#choose(detail.point);
        return html`<tr class=${now.quality} data-point=${detail.point} tabindex="0" aria-selected=${detail === chosen ? "true" : "false"}
            @click=${choose} @keydown=${(event: KeyboardEvent) => event.key === "Enter" && choose()}>
          <td>${text(detail.title)}<span class="where">${detail.name} · ${detail.kind}</span></td>
          <td class="value ${now.value === null ? "none" : ""}">${valueText(now.value, now.unit)}</td>
          <td class="quality">${qualityText(now.quality, now.reason)}</td>
          <td class="number">${now.time === null ? "–" : duration(store.now() - instant(now.time), language())}</td>
        </tr>`;
      })}</tbody>
    </table>`;
  }

  #trend(chosen: PointDetail | undefined): TemplateResult {
    if (!chosen) return html`<p class="empty">${say("pick_point")}</p>`;
    const head = html`<div class="trend-head"><h3>${text(chosen.title)}${chosen.unit ? html` <span class="dim">${unitText(chosen.unit)}</span>` : nothing}</h3><span class="spring"></span>
      ${SPANS.map(([name, span]) => html`<button class="chip" aria-pressed=${span === this.#span ? "true" : "false"} @click=${() => this.#spanTo(span)}>${say(name)}</button>`)}</div>`;
    if (chosen.type === "text") return html`${head}<p class="empty">${say("no_trend")}</p>`;
    return html`${head}<cw-trend .point=${chosen} .span=${this.#span} .height=${360}></cw-trend>`;
  }

  #choose(point: string): void {
    this.#chosen = point;
    this.requestUpdate();
  }

  #spanTo(span: number): void {
    this.#span = span;
    this.requestUpdate();
  }
}

customElements.define("cw-device", DevicePage);
