// The bar that nobody can overlook: what is on the screen is not known to be true any more.

import { html, nothing } from "lit";
import { say } from "../lib/language.ts";
import { timeOfDay } from "../lib/time.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

class LostBar extends View {
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  protected override render(): unknown {
    const { phase, reason, dataAt } = store.connection;
    if (phase !== "lost") return nothing;
    const title = reason === "digest" ? say("data_differ") : say("no_connection");
    const from = dataAt === null ? say("data_none") : `${say("data_from")} ${timeOfDay(dataAt, store.timezone)}`;
    return html`<div class="lost-bar" role="alert">
      <strong>${title} – ${from}</strong>
      ${dataAt === null ? nothing : html`<span class="lost-age" aria-hidden="true">${running(store.now() - dataAt)}</span>`}
    </div>`;
  }
}

/** A running age: `00:35`, `1:02:05`. */
function running(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
}

customElements.define("cw-lost-bar", LostBar);
