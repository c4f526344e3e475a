// Asking for whole plates: which passages, perhaps one plate, and for what; what comes back is handed on, never kept.

import { html, nothing, type TemplateResult } from "lit";
import type { LookedPage, LookRequest } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { say } from "../lib/language.ts";
import { View } from "./view.ts";

/** What the page has chosen: rows by their ids, and the filter as a request says it. */
export interface Chosen { ids: string[]; filter: Partial<LookRequest> }

class LookDialog extends View {
  static override properties = { chosen: { attribute: false }, shown: { attribute: false } };
  declare chosen: Chosen;
  declare shown: (page: LookedPage, plate: boolean) => void;

  #problem = "";
  #busy = false;

  open(): void {
    this.#problem = "";
    this.requestUpdate();
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    const some = this.chosen.ids.length;
    return html`<dialog class="look" aria-labelledby="look-title"><form @submit=${(event: Event) => void this.#submit(event)}>
      <h2 id="look-title">${say("look_title")}</h2>
      <p>${say("look_says")}</p>
      <p class="dim">${some ? html`${say("look_chosen")}: <b>${some}</b>` : say("look_filtered")}</p>
      <label>${say("purpose")}
        <input name="purpose" required minlength="8" maxlength="500" autocomplete="off" placeholder=${say("purpose_hint")} /></label>
      ${some ? nothing : html`<label>${say("look_plate")} <input name="plate" maxlength="24" autocomplete="off" spellcheck="false" /></label>`}
      ${this.#problem ? html`<p class="problem" role="alert">${this.#problem}</p>` : nothing}
      <div class="choices"><button class="main" ?disabled=${this.#busy}>${say("look_go")}</button>
        <button type="button" @click=${() => this.#close()}>${say("cancel")}</button></div>
    </form></dialog>`;
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const given = new FormData(form);
    const plate = String(given.get("plate") ?? "").trim();
    const body = { purpose: String(given.get("purpose")).trim(), ...this.chosen.filter, ids: this.chosen.ids, ...(plate ? { plate } : {}) };
    this.#busy = true;
    this.requestUpdate();
    try {
      this.shown(await rest.look(body), plate !== "");
      form.reset();
      this.#close();
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    this.#busy = false;
    this.requestUpdate();
  }

  #close(): void {
    this.querySelector("dialog")?.close();
  }
}

customElements.define("cw-look", LookDialog);
export type { LookDialog };
