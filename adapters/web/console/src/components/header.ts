// The line at the top: the pages, what is waiting, the sound, the hub's time, who is here.

import { html, nothing, type TemplateResult } from "lit";
import { choose, language, say, text } from "../lib/language.ts";
import { href, type Page, route } from "../lib/route.ts";
import { sounder } from "../lib/sound.ts";
import { chooseTheme, theme } from "../lib/theme.ts";
import { dateTime, duration } from "../lib/time.ts";
import { type AlarmCounts, counts, PRIORITIES } from "../state/alarms.ts";
import { healthCounts } from "../state/devices.ts";
import { signOut } from "../state/session.ts";
import { store } from "../state/store.ts";
import { prioritySymbol } from "./symbol.ts";
import { View } from "./view.ts";

const mutedIcon = html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
  <path d="M3 9v6h4l5 5V4L7 9Z" /><path class="line" d="m15.5 9 6 6m0-6-6 6" /></svg>`;

const TABS: readonly Page[] = ["alarms", "holds", "devices", "map", "passages", "notifications", "journal"];

class Header extends View {
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.requestUpdate(), 1000);
    addEventListener("hashchange", this.#moved);
    sounder.onChange = () => this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    removeEventListener("hashchange", this.#moved);
  }

  readonly #moved = (): void => this.requestUpdate();

  protected override render(): unknown {
    const found = counts(store.alarms);
    return html`<header>
      <div class="bar">
        <span class="site">${store.site ? text(store.site.title) : "Citywatch"}</span>
        <nav aria-label=${say("pages")}>${TABS.map((page) => this.#tab(page, found))}</nav>
        <span class="spring"></span>
        ${this.#sound()}
        <button class="quiet" @click=${this.#turnTheme} title=${theme() === "dark" ? say("to_light") : say("to_dark")}
          aria-label=${theme() === "dark" ? say("to_light") : say("to_dark")}>◐</button>
        <button class="quiet" id="language" @click=${this.#turnLanguage}>${say("language")}</button>
        <span class="user">${store.connection.user}</span>
        <button class="quiet" @click=${() => void signOut()}>${say("sign_out")}</button>
        <time class="clock" title=${say("hub_time")}>${dateTime(store.now(), store.timezone)}</time>
      </div>
      <div class="summary" role="status">
        ${PRIORITIES.map((priority) => this.#count(priority, found))}
        ${this.#oldest(found)}
        <a class="load-link" href=${href("load")}>${say("load")}</a>
      </div>
    </header>`;
  }

  #tab(page: Page, found: AlarmCounts): TemplateResult {
    const here = route().page;
    const current = here === page || (here === "device" && page === "devices");
    return html`<a href=${href(page)} aria-current=${current ? "page" : nothing}>${say(page as "alarms")}${this.#badge(page, found)}</a>`;
  }

  #badge(page: Page, found: AlarmCounts): TemplateResult | typeof nothing {
    if (page === "alarms") {
      const waiting = PRIORITIES.reduce((sum, priority) => sum + found.unacked[priority], 0);
      return waiting ? html` <span class="badge">${waiting}</span>` : nothing;
    }
    if (page === "holds") {
      const shelved = [...store.alarms.rows.values()].filter((row) => row.hold && row.hold !== "suppressed").length;
      return shelved ? html` <span class="badge quiet">${shelved}</span>` : nothing;
    }
    if (page !== "devices") return nothing;
    const health = healthCounts(store.devices.rows.values());
    return health.offline ? html` <span class="badge lost">${health.offline}</span>` : nothing;
  }

  #count(priority: (typeof PRIORITIES)[number], found: AlarmCounts): TemplateResult {
    const total = found.total[priority];
    const waiting = found.unacked[priority];
    return html`<span class="count ${total ? "" : "none"}" data-priority=${priority}>
      ${prioritySymbol(priority, total ? "" : "calm")} ${say(priority)} <b>${total}</b>
      ${waiting ? html`<span class="waiting">${waiting} ${say("unacked_of")}</span>` : nothing}
    </span>`;
  }

  #oldest(found: AlarmCounts): TemplateResult {
    if (found.oldest === null) return html`<span class="oldest none">${say("none_waiting")}</span>`;
    return html`<span class="oldest">${say("oldest")} <b>${duration(store.now() - found.oldest, language())}</b></span>`;
  }

  #sound(): TemplateResult {
    const left = sounder.silenced(Date.now());
    if (!sounder.audible) {
      return html`<button class="blocked" id="start-shift" title=${say("sound_blocked")} @click=${() => void sounder.start()}>
        ${mutedIcon} ${say("start_shift")}</button>`;
    }
    return html`<button class="quiet" id="silence" title=${say("silence")} @click=${() => sounder.silence(Date.now())}>
      ${left ? html`${say("sound_silenced")} ${left} s` : say("sound_on")}</button>`;
  }

  readonly #turnTheme = (): void => {
    chooseTheme(theme() === "dark" ? "light" : "dark");
    this.requestUpdate();
  };

  readonly #turnLanguage = (): void => {
    choose(language() === "vi" ? "en" : "vi");
    store.changed();
  };
}

customElements.define("cw-header", Header);
