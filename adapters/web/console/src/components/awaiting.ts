// Dangerous commands that wait for a second person: everybody who may give commands sees them, another one confirms.

import { html, nothing, type TemplateResult } from "lit";
import type { AwaitingRow } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { say, text, word } from "../lib/language.ts";
import { deviceName } from "../lib/names.ts";
import { instant } from "../lib/time.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

const LOOK_MS = 3000;

class Awaiting extends View {
  #rows: readonly AwaitingRow[] = [];
  #notes = new Map<string, string>();
  #said = "";
  #busy = false;
  #clock: ReturnType<typeof setInterval> | undefined;
  #looked = -Infinity;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#tick(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  #tick(): void {
    if (performance.now() - this.#looked >= LOOK_MS) void this.#look();
    if (this.#rows.length > 0) this.requestUpdate();
  }

  async #look(): Promise<void> {
    if (!store.may("command") || store.connection.phase !== "live") return;
    this.#looked = performance.now();
    try {
      this.#show((await rest.awaiting()).items);
    } catch {
      // A hub that does not answer is shown by the lost bar; what it last said here is looked at again.
      return;
    }
  }

  #show(rows: readonly AwaitingRow[]): void {
    const changed = rows.length > 0 || this.#rows.length > 0;
    this.#rows = rows;
    if (changed) this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    const rows = this.#rows.filter((row) => instant(row.expires) > store.now());
    if (rows.length === 0 && this.#said === "") return nothing;
    return html`<section class="awaiting" role="alert" aria-label=${say("awaiting")}>
      ${rows.map((row) => this.#row(row))}
      ${this.#said ? html`<p role="status">${this.#said} <button @click=${() => this.#say("")}>${say("close")}</button></p>` : nothing}
    </section>`;
  }

  #row(row: AwaitingRow): TemplateResult {
    const left = Math.ceil((instant(row.expires) - store.now()) / 1000);
    const note = this.#notes.get(row.id) ?? "";
    return html`<div class="commands" data-awaiting=${row.id}>
      <span><b>${text(row.title)}</b> · ${deviceName(row.device)}<br>${say("asked_by")} ${row.who}: ${row.note} – ${left} s</span>
      ${row.may ? html`<input name="confirm-reason" aria-label=${say("reason")} placeholder=${say("reason_hint")} maxlength="2000" autocomplete="off"
          .value=${note} @input=${(event: Event) => this.#type(row, event)} />
        <button class="danger" ?disabled=${this.#busy || note.trim() === ""} @click=${() => void this.#confirm(row)}>${say("confirm")}</button>` : html`<i>${say("second_person")}</i>`}
      <button ?disabled=${this.#busy} @click=${() => void this.#withdraw(row)}>${say("withdraw")}</button>
    </div>`;
  }

  async #confirm(row: AwaitingRow): Promise<void> {
    await this.#try(async () => {
      const { result } = await rest.confirm(row.id, (this.#notes.get(row.id) ?? "").trim());
      this.#say(`${text(row.title)}: ${word(result.outcome, "out_")}${result.ok ? "" : ` – ${result.detail}`}`);
    });
  }

  async #withdraw(row: AwaitingRow): Promise<void> {
    await this.#try(async () => {
      this.#show((await rest.withdraw(row.id)).items);
    });
  }

  async #try(ask: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.requestUpdate();
    try {
      await ask();
    } catch (error) {
      this.#say(error instanceof Refusal ? error.message : say("command_unheard"));
    }
    this.#busy = false;
    await this.#look();
    this.requestUpdate();
  }

  #say(said: string): void {
    this.#said = said;
    this.requestUpdate();
  }

  #type(row: AwaitingRow, event: Event): void {
    this.#notes.set(row.id, (event.target as HTMLInputElement).value);
    this.requestUpdate();
  }
}

customElements.define("cw-awaiting", Awaiting);
