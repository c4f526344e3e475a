// Who is told outside: channels and how they fare, messages that were given up, what happened to messages lately.

import { html, nothing, type TemplateResult } from "lit";
import type { ChannelRow, DeliveryRow, NotificationsAnswer, UndeliveredRow } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { healthSymbol } from "../components/symbol.ts";
import { View } from "../components/view.ts";
import { say, text, word } from "../lib/language.ts";
import { href } from "../lib/route.ts";
import { dateTime, instant } from "../lib/time.ts";
import { store } from "../state/store.ts";

/** How often the page is asked for while it is looked at, milliseconds. */
const REFRESH = 5000;
const SIGNS = { online: "online", waiting: "waiting", failing: "offline" } as const;

class Notifications extends View {
  #answer: NotificationsAnswer | null = null;
  #dead: readonly UndeliveredRow[] = [];
  #problem = "";
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => void this.#load(), REFRESH);
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  async #load(): Promise<void> {
    try {
      [this.#answer, this.#dead] = [await rest.notifications(), (await rest.deadLetters()).items];
      this.#problem = "";
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const answer = this.#answer;
    const channels = answer?.channels ?? [];
    return html`<main class="journal"><section class="list"><div class="scroll">
      ${this.#problem ? html`<p class="problem" role="status">${this.#problem}</p>` : nothing}
      <table class="device-table"><thead><tr>
        <th class="w-what">${say("channel")}</th><th class="w-health">${say("health")}</th><th>${say("reason")}</th>
        <th class="w-time">${say("since")}</th><th class="w-age">${say("n_sent")}</th><th class="w-age">${say("n_waiting")}</th><th class="w-age">${say("n_dead")}</th>
      </tr></thead><tbody>${channels.map(channel)}</tbody></table>
      ${answer?.rosters.map((row) => html`<p class="problem">${say("roster")} ${row.roster}: ${row.detail}</p>`) ?? nothing}
      ${channels.length === 0 && !this.#problem ? html`<p class="empty">${say(answer ? "no_channels" : "loading")}</p>` : nothing}
      ${this.#dead.length ? this.#letters() : nothing}
      ${answer?.items.length ? lately(answer.items) : nothing}
    </div></section></main>`;
  }

  #letters(): TemplateResult {
    return html`<table class="letters"><thead><tr>
      <th class="w-stamp">${say("dead_letters")}</th><th class="w-what">${say("channel")}</th><th>${say("alarm")}</th><th>${say("reason")}</th><th class="w-ack"></th>
    </tr></thead><tbody>${this.#dead.map((row) => html`<tr data-letter=${row.delivery.key}>
      <td class="number">${when(row.delivery)}</td><td>${row.delivery.channel}<span class="where">${row.delivery.to.join(", ")}</span></td>
      <td>${what(row.delivery)}</td><td>${row.error}</td>
      <td>${store.may("configure") ? html`<button @click=${() => void this.#retry(row)}>${say("try_again")}</button>` : nothing}</td>
    </tr>`)}</tbody></table>`;
  }

  async #retry(row: UndeliveredRow): Promise<void> {
    try {
      await rest.retry(row.delivery.key);
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    await this.#load();
  }
}

function channel(row: ChannelRow): TemplateResult {
  const sign = SIGNS[row.state];
  return html`<tr class=${sign} data-channel=${row.channel} data-state=${row.state}>
    <td>${row.channel}<span class="where">${row.type}</span></td>
    <td><span class="priority">${healthSymbol(sign)} ${word(row.state, "ch_")}</span></td>
    <td class="reason">${row.detail}</td><td class="number">${row.since ? dateTime(instant(row.since), store.timezone) : "–"}</td>
    <td class="number">${row.sent}</td><td class="number">${row.waiting}</td><td class="number">${row.dead}</td>
  </tr>`;
}

function lately(items: readonly DeliveryRow[]): TemplateResult {
  return html`<table class="deliveries"><thead><tr>
    <th class="w-stamp">${say("time")}</th><th class="w-what">${say("channel")}</th><th class="w-what">${say("what")}</th><th>${say("alarm")}</th><th>${say("reason")}</th>
  </tr></thead><tbody>${items.map((row) => html`<tr data-outcome=${row.outcome}>
    <td class="number">${when(row)}</td><td>${row.channel}<span class="where">${row.to.join(", ")}</span></td>
    <td>${word(row.outcome, "dl_")}</td><td>${what(row)}</td><td>${row.detail}</td>
  </tr>`)}</tbody></table>`;
}

function when(row: DeliveryRow): string {
  return dateTime(instant(row.at), store.timezone);
}

function what(row: DeliveryRow): TemplateResult | string {
  const [first] = row.alarms;
  if (!first || !row.text) return "";
  const more = row.count > 1 ? ` + ${row.count - 1}` : "";
  return html`<a href=${href("alarms", first)}>${text(row.text)}</a>${more}`;
}

customElements.define("cw-notifications", Notifications);
