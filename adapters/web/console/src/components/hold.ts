// Shelving an alarm, taking its point, device or zone out of service: what, for how long, why; and the way back.

import { html, nothing, type TemplateResult } from "lit";
import type { AlarmRow, HoldWish, Operation } from "../api/protocol.ts";
import { language, say } from "../lib/language.ts";
import type { Word } from "../lib/words.ts";
import { act } from "../state/actions.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

const MINUTE = 60_000;
const SPANS: Record<"shelve" | "out_of_service", readonly [minutes: number, vi: string, en: string][]> = {
  shelve: [[15, "15 phút", "15 min"], [60, "1 giờ", "1 h"], [240, "4 giờ", "4 h"], [480, "8 giờ", "8 h"]],
  out_of_service: [[60, "1 giờ", "1 h"], [480, "8 giờ", "8 h"], [1440, "1 ngày", "1 day"], [10_080, "7 ngày", "7 days"]],
};
const SCOPES: readonly ("point" | "device" | "zone")[] = ["point", "device", "zone"];

class HoldForm extends View {
  static override properties = { row: { attribute: false } };
  declare row: AlarmRow;

  #asking: "shelve" | "out_of_service" | null = null;
  #of = "";
  #busy = false;

  protected override willUpdate(): void {
    if (this.#of === this.row.alarm) return;
    this.#of = this.row.alarm;
    this.#asking = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const row = this.row;
    const held = new Set(row.holds.map((hold) => hold.kind));
    return html`<div class="holding">
      ${this.#asking ? this.#form(this.#asking) : html`
        ${held.has("shelved") ? this.#button("unshelve", "shelve", () => void this.#do("unshelve", "", {})) : nothing}
        ${!held.has("shelved") && row.category !== "fire" ? this.#button("shelve", "shelve", () => this.#ask("shelve")) : nothing}
        ${held.has("out_of_service") ? this.#button("put_back", "service", () => void this.#do("in_service", "", {})) : nothing}
        ${held.has("out_of_service") ? nothing : this.#button("take_out", "service", () => this.#ask("out_of_service"))}`}
    </div>`;
  }

  #button(label: Word, right: string, press: () => void): TemplateResult | typeof nothing {
    if (!store.may(right)) return nothing;
    const off = this.#busy || store.alarms.suspect.has(this.row.alarm);
    return html`<button type="button" data-hold=${label} ?disabled=${off} @click=${press}>${say(label)}</button>`;
  }

  #form(op: "shelve" | "out_of_service"): TemplateResult {
    const vietnamese = language() === "vi";
    return html`<form class="hold-form" @submit=${(event: Event) => this.#submit(event, op)}>
      ${op === "out_of_service" ? html`<label>${say("what_of")} <select name="of">${SCOPES.filter((of) => of !== "point" || this.row.point).map(
        (of) => html`<option value=${of}>${say(`of_${of}`)}</option>`)}</select></label>` : nothing}
      <label>${say("how_long")} <select name="minutes">${SPANS[op].map(([minutes, vi, en]) =>
        html`<option value=${minutes} ?selected=${minutes === 60}>${vietnamese ? vi : en}</option>`)}</select></label>
      ${op === "shelve" ? html`<label><input type="checkbox" name="once" /> ${say("once")}</label>` : nothing}
      <input name="why" required maxlength="2000" autocomplete="off" aria-label=${say("reason")} placeholder=${say("hold_why")} />
      <button class="main" ?disabled=${this.#busy}>${say(op === "shelve" ? "shelve_go" : "take_out_go")}</button>
      <button type="button" @click=${() => this.#ask(null)}>${say("cancel")}</button>
    </form>`;
  }

  #ask(op: "shelve" | "out_of_service" | null): void {
    this.#asking = op;
    this.requestUpdate();
  }

  #submit(event: Event, op: "shelve" | "out_of_service"): void {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const until = new Date(store.now() + Number(given.get("minutes")) * MINUTE).toISOString();
    const wish: HoldWish = op === "shelve"
      ? { until, once: given.get("once") !== null }
      : { until, of: given.get("of") as "point" | "device" | "zone" };
    void this.#do(op, String(given.get("why")).trim(), wish);
  }

  async #do(op: Operation, why: string, wish: HoldWish): Promise<void> {
    this.#busy = true;
    this.requestUpdate();
    const taken = await act(op, this.row, why, wish);
    this.#busy = false;
    if (taken) this.#asking = null;
    this.requestUpdate();
  }
}

customElements.define("cw-hold", HoldForm);
