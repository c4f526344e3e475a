// What whoever is signed in may ask a device to do: a reason first, then select and confirm, then what became of it.

import { html, nothing, type TemplateResult } from "lit";
import type { CommandRecord, CommandRow } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { say, text, word } from "../lib/language.ts";
import { instant } from "../lib/time.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

const DANGEROUS = 3;

interface Chosen {
  row: CommandRow;
  /** Null for a command that need not be selected at the hub: it is confirmed here all the same. */
  token: string | null;
  until: number;
}

class Commands extends View {
  static override properties = { device: { attribute: false } };
  declare device: string;

  #rows: readonly CommandRow[] = [];
  #of = "";
  #note = "";
  #chosen: Chosen | null = null;
  #said = "";
  #busy = false;

  protected override willUpdate(): void {
    if (this.#of === this.device || !store.may("command")) return;
    this.#of = this.device;
    this.#rows = [];
    this.#forget("");
    void this.#load(this.device);
  }

  async #load(device: string): Promise<void> {
    try {
      const page = await rest.commands(device);
      if (device === this.device) this.#rows = page.items.filter((row) => row.may);
    } catch {
      // Without the list there is nothing to give; looking at the device again asks again.
      return;
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.#rows.length === 0) return nothing;
    const still = this.#chosen && this.#chosen.until > store.now() ? this.#chosen : null;
    return html`<section class="commands" aria-label=${say("commands")}>
      <h3>${say("commands")}</h3>
      <input name="reason" aria-label=${say("reason")} placeholder=${say("reason_hint")} maxlength="2000" autocomplete="off"
        .value=${this.#note} @input=${(event: Event) => this.#type(event)} />
      ${still ? this.#confirm(still) : this.#rows.map((row) => this.#choice(row))}
      <p role="status">${this.#chosen && !still ? say("selection_over") : this.#said}</p>
    </section>`;
  }

  #choice(row: CommandRow): TemplateResult {
    const off = this.#busy || this.#note.trim() === "" || !store.may("command");
    return html`<button class=${row.danger >= DANGEROUS ? "danger" : ""} ?disabled=${off} data-command=${row.name}
      @click=${() => void this.#select(row)}>${text(row.title)}</button>`;
  }

  #confirm(chosen: Chosen): TemplateResult {
    const left = Math.ceil((chosen.until - store.now()) / 1000);
    return html`<b>${text(chosen.row.title)}?</b>
      <button class="main" ?disabled=${this.#busy || this.#note.trim() === ""} @click=${() => void this.#operate(chosen)}>${say("operate")} ${left} s</button>
      <button ?disabled=${this.#busy} @click=${() => this.#forget("")}>${say("cancel")}</button>`;
  }

  async #select(row: CommandRow): Promise<void> {
    await this.#try(async () => {
      const made = row.select ? await rest.select(row.device, row.name) : null;
      this.#said = "";
      this.#chosen = { row, token: made?.token ?? null, until: made ? instant(made.expires) : store.now() + 10_000 };
    });
  }

  async #operate(chosen: Chosen): Promise<void> {
    const { row, token } = chosen;
    await this.#try(async () => {
      const { result } = await rest.operate(row.device, row.name, { note: this.#note.trim(), token, request: crypto.randomUUID() });
      this.#forget(outcome(row, result));
      if (result.ok) this.#note = "";
    });
  }

  async #try(ask: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.requestUpdate();
    try {
      await ask();
    } catch (error) {
      this.#forget(error instanceof Refusal ? error.message : say("command_unheard"));
    }
    this.#busy = false;
    this.requestUpdate();
  }

  #forget(said: string): void {
    this.#chosen = null;
    this.#said = said;
    this.requestUpdate();
  }

  #type(event: Event): void {
    this.#note = (event.target as HTMLInputElement).value;
    this.requestUpdate();
  }
}

function outcome(row: CommandRow, result: CommandRecord): string {
  return `${text(row.title)}: ${word(result.outcome, "out_")}${result.ok ? "" : ` – ${result.detail}`}`;
}

customElements.define("cw-commands", Commands);
