// Says that more alarms come than one person can deal with (ISA-18.2), since when and how many; fires stand first anyway.

import { html, nothing } from "lit";
import type { FloodRow } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { say } from "../lib/language.ts";
import { href } from "../lib/route.ts";
import { instant, timeOfDay } from "../lib/time.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

/** How often the hub is asked, and how far back, milliseconds: a flood of a day's length is still seen to go on. */
const EVERY = 20_000;
const BACK = 24 * 3_600_000;

class FloodBar extends View {
  #flood: FloodRow | null = null;
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => void this.#look(), EVERY);
    void this.#look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  async #look(): Promise<void> {
    try {
      const now = store.now();
      const found = await rest.load(now - BACK, now);
      const last = found.floods.at(-1);
      this.#flood = last && last.end >= found.end ? last : null;
    } catch {
      this.#flood = null; // the history is away: the list of alarms says how many there are
    }
    this.requestUpdate();
  }

  protected override render(): unknown {
    const flood = this.#flood;
    if (!flood) return nothing;
    return html`<div class="flood-bar" role="status"><strong>${say("flood_on")}</strong>
      <span>${say("flood_since")} ${timeOfDay(instant(flood.start), store.timezone)} · ${flood.alarms} ${say("flood_alarms")}</span>
      <a href=${href("load")}>${say("load")}</a></div>`;
  }
}

customElements.define("cw-flood-bar", FloodBar);
