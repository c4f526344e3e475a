// Every device and its health, the worst first, each with the sentence that says why.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { DeviceRow, HealthWord } from "../api/protocol.ts";
import { alarmSymbol, healthSymbol } from "../components/symbol.ts";
import { View } from "../components/view.ts";
import { language, say, text, word } from "../lib/language.ts";
import { zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { briefTime, duration, instant } from "../lib/time.ts";
import { plain, worstByDevice } from "../state/alarms.ts";
import { HEALTH, healthCounts, worstFirst } from "../state/devices.ts";
import { store } from "../state/store.ts";

const PAGE = 300;

class Devices extends View {
  #text = "";
  #health: HealthWord | "" = "";
  #shown = PAGE;

  protected override render(): TemplateResult {
    const rows = worstFirst(this.#rows());
    const worst = worstByDevice(store.alarms);
    return html`<main class="devices"><section class="list">
      ${this.#filters()}
      <div class="scroll">
        <table class="device-table">
          <thead><tr>
            <th class="w-health">${say("health")}</th><th>${say("device")}</th><th class="w-place">${say("place")}</th>
            <th class="w-reason">${say("reason")}</th><th class="w-time">${say("since")}</th>
            <th class="w-time">${say("last_heard")}</th><th class="w-profile">${say("profile")}</th>
          </tr></thead>
          <tbody>${repeat(rows.slice(0, this.#shown), (row) => row.device, (row) => html`<tr class=${row.state} data-device=${row.device}
              data-state=${row.state} @click=${() => (location.hash = href("device", row.device))}>
            <td><span class="priority">${healthSymbol(row.state)} ${word(row.state)}</span></td>
            <td><a href=${href("device", row.device)}>${text(row.title)}</a> ${this.#alarm(worst.get(row.device))}</td>
            <td>${zonePath(row.zone)}</td>
            <td class="reason" title=${row.detail}>${sentence(row)}</td>
            <td class="number">${briefTime(instant(row.since), store.now(), store.timezone)}</td>
            <td class="number">${heard(row)}</td>
            <td class="dim">${row.profile}</td>
          </tr>`)}</tbody>
        </table>
        ${rows.length === 0 ? html`<p class="empty">${say(store.devices.phase === "empty" ? "loading" : "no_match")}</p>` : nothing}
        ${rows.length > this.#shown ? html`<button class="more" @click=${() => this.#narrow({ shown: this.#shown + PAGE })}>
          ${say("show_more")} (${rows.length - this.#shown})</button>` : nothing}
      </div>
    </section></main>`;
  }

  #alarm(row: Parameters<typeof alarmSymbol>[0] | undefined): TemplateResult | typeof nothing {
    return row ? html`<a class="small" href=${href("alarms", row.alarm)} aria-label=${text(row.text)} @click=${stay}>${alarmSymbol(row)}</a>` : nothing;
  }

  #rows(): DeviceRow[] {
    const wanted = plain(this.#text).split(" ").filter(Boolean);
    return [...store.devices.rows.values()].filter((row) => {
      if (this.#health && row.state !== this.#health) return false;
      const words = plain([row.device, row.title.vi, row.title.en, zonePath(row.zone), row.profile, ...row.tags].join(" "));
      return wanted.every((part) => words.includes(part));
    });
  }

  #filters(): TemplateResult {
    const found = healthCounts(store.devices.rows.values());
    return html`<div class="filters" role="group" aria-label=${say("filter")}>
      ${HEALTH.map((state) => html`<button class="chip" aria-pressed=${this.#health === state ? "true" : "false"}
        @click=${() => this.#narrow({ health: this.#health === state ? "" : state })}>${healthSymbol(state)} ${word(state)} <b>${found[state]}</b></button>`)}
      <input type="search" placeholder=${say("filter")} aria-label=${say("filter")} .value=${this.#text}
        @input=${(e: Event) => this.#narrow({ text: (e.target as HTMLInputElement).value })} />
    </div>`;
  }

  #narrow(change: { text?: string; health?: HealthWord | ""; shown?: number }): void {
    this.#text = change.text ?? this.#text;
    this.#health = change.health ?? this.#health;
    this.#shown = change.shown ?? PAGE;
    this.requestUpdate();
  }
}

function stay(event: Event): void {
  event.stopPropagation();
}

/** The sentence for the maintainer; while all is well there is nothing to say. */
export function sentence(row: DeviceRow): string {
  if (row.state === "online") return row.detail;
  return [row.reason && word(row.reason, "h_"), row.detail].filter(Boolean).join(": ");
}

/** When a device was last heard. The hub tells it when health changes, so of a device that is well it says just that. */
export function heard(row: DeviceRow): string {
  if (row.state === "online") return say("heard_now");
  if (row.last_heard === null) return "–";
  return `${duration(store.now() - instant(row.last_heard), language())} ${say("ago")}`;
}

customElements.define("cw-devices", Devices);
