// The journal: every transition, action and change of health, newest first.

import { html, nothing, type TemplateResult } from "lit";
import type { JournalEntry } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { said } from "../components/journal-entry.ts";
import { View } from "../components/view.ts";
import { say, word } from "../lib/language.ts";
import { deviceName, zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { store } from "../state/store.ts";

const PAGE = 100;
const FOLLOW_MS = 2500;
const KINDS = ["transition", "operator_action", "device_change", "command", "command_result", "plate_look", "delivery", "playbook_step", "system_note"];
const CATEGORIES = ["fire", "supervisory", "fault", "process", "security", "traffic", "environment", "system"];

type Match = { kind: string; category: string; zone: string };

class Journal extends View {
  static override properties = { device: { attribute: false } };
  declare device: string;

  #match: Match = { kind: "", category: "", zone: "" };
  #rows: JournalEntry[] = [];
  #next: number | null = null;
  #state: "loading" | "ready" | "failed" = "loading";
  #asked = 0;
  #seen = "";
  /** Times yet to ask after a change: the database follows the stream a little later. */
  #due = 0;
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#follow(), FOLLOW_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  /** While the newest page is in view it follows what happens; who scrolled back to read is left in peace. */
  #follow(): void {
    const now = `${store.alarms.position?.seq} ${store.devices.position?.seq}`;
    const reading = (this.querySelector(".scroll")?.scrollTop ?? 0) > 0 || this.#rows.length > PAGE;
    if (now !== this.#seen) this.#due = 2;
    this.#seen = now;
    if (this.#due === 0 || reading || this.#state === "loading" || store.connection.phase !== "live") return;
    this.#due -= 1;
    void this.#load(true);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("device")) void this.#load(true);
  }

  async #load(afresh: boolean): Promise<void> {
    const asked = ++this.#asked;
    this.#state = "loading";
    this.requestUpdate();
    try {
      const before = afresh ? null : this.#next;
      const page = await rest.journal({ ...this.#match, device: this.device, limit: PAGE, before });
      if (asked !== this.#asked) return;
      this.#rows = afresh ? page.items : [...this.#rows, ...page.items];
      this.#next = page.next;
      this.#state = "ready";
    } catch {
      if (asked !== this.#asked) return;
      this.#state = "failed";
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    return html`<main class="journal"><section class="list">
      ${this.#filters()}
      <div class="scroll">
        <table class="journal-table">
          <thead><tr><th class="w-stamp">${say("time")}</th><th class="w-what">${say("what")}</th><th>${say("alarm")} / ${say("device")}</th>
            <th class="w-place">${say("zone")}</th><th class="w-who">${say("who")}</th><th class="w-note">${say("note")}</th></tr></thead>
          <tbody>${this.#rows.map((row) => line(row))}</tbody>
        </table>
        ${this.#end()}
      </div>
    </section></main>`;
  }

  #end(): TemplateResult | typeof nothing {
    if (this.#state === "failed") return html`<p class="empty problem">${say("unavailable")} <button @click=${() => void this.#load(true)}>${say("refresh")}</button></p>`;
    if (this.#state === "loading" && this.#rows.length === 0) return html`<p class="empty">${say("loading")}</p>`;
    if (this.#rows.length === 0) return html`<p class="empty">${say("journal_empty")}</p>`;
    return this.#next === null ? nothing : html`<button class="more" @click=${() => void this.#load(false)}>${say("older")}</button>`;
  }

  #filters(): TemplateResult {
    const pick = (field: keyof Match, all: string, values: readonly string[], show: (value: string) => string): TemplateResult =>
      html`<select aria-label=${all} @change=${(event: Event) => this.#narrow(field, (event.target as HTMLSelectElement).value)}>
        <option value="">${all}</option>
        ${values.map((value) => html`<option value=${value} ?selected=${this.#match[field] === value}>${show(value)}</option>`)}
      </select>`;
    return html`<div class="filters" role="group" aria-label=${say("filter")}>
      ${pick("kind", say("all_kinds"), KINDS, (kind) => word(kind, "k_"))}
      ${pick("category", say("all_categories"), CATEGORIES, (name) => word(name))}
      ${pick("zone", say("all_zones"), [...store.zones.keys()], zonePath)}
      <select aria-label=${say("device")} @change=${(event: Event) => (location.hash = href("journal", (event.target as HTMLSelectElement).value))}>
        <option value="">${say("all_devices")}</option>
        ${[...store.devices.rows.keys()].sort().map((id) => html`<option value=${id} ?selected=${id === this.device}>${deviceName(id)}</option>`)}
      </select>
      <span class="spring"></span>
      <button @click=${() => void this.#load(true)}>${say("refresh")}</button>
    </div>`;
  }

  #narrow(field: keyof Match, value: string): void {
    this.#match = { ...this.#match, [field]: value };
    void this.#load(true);
  }
}

function line(entry: JournalEntry): TemplateResult {
  const { at, what, about, detail, who } = said(entry);
  const device = typeof entry.body["device"] === "string" ? entry.body["device"] : "";
  const zone = typeof entry.body["zone"] === "string" ? entry.body["zone"] : (store.device(device)?.zone ?? "");
  const priority = entry.body["input"] === "raise" ? priorityName(entry.body["priority"]) : "";
  return html`<tr data-kind=${entry.kind} data-seq=${entry.seq}>
    <td class="number">${at}</td><td>${what}${priority ? html` <span class="dim">${word(priority)}</span>` : nothing}</td>
    <td>${about}${device && entry.kind !== "device_change" ? html`<span class="where"><a href=${href("device", device)}>${deviceName(device)}</a></span>` : nothing}</td>
    <td>${zone ? zonePath(zone) : nothing}</td><td>${who}</td><td>${detail}</td>
  </tr>`;
}

/** The journal keeps a priority by its number, interfaces by its word. */
function priorityName(value: unknown): string {
  return typeof value === "number" ? (["", "critical", "high", "medium", "low"][value] ?? "") : String(value ?? "");
}

customElements.define("cw-journal", Journal);
