// Vehicles that passed: plates masked; who may look says why, and what they see is gone when they leave the page.

import { html, nothing, type TemplateResult } from "lit";
import type { LookedPage, LookRequest, PassageRow } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import "../components/look.ts";
import type { LookDialog } from "../components/look.ts";
import { View } from "../components/view.ts";
import { say, word } from "../lib/language.ts";
import { deviceName, zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { dateTime, instant } from "../lib/time.ts";
import type { Word } from "../lib/words.ts";
import { store } from "../state/store.ts";

const PAGE = 100;
const MOST_LOOKED = 200;
const SPANS = [3600, 86_400, 604_800, 2_678_400] as const;
const VEHICLES = ["motorcycle", "car", "bus", "truck", "bicycle", "other", "unknown"];
const VIOLATIONS = ["any", "red_light", "lane", "no_helmet", "speeding", "wrong_way", "stopping", "turn_ban", "restricted", "other"];

type Match = { zone: string; device: string; lane: string; class: string; violation: string };

class Passages extends View {
  #match: Match = { zone: "", device: "", lane: "", class: "", violation: "" };
  #span: number = SPANS[1];
  #since = "";
  #rows: PassageRow[] = [];
  #next: string | null = null;
  #state: "loading" | "ready" | "failed" = "loading";
  #problem = "";
  #asked = 0;
  #chosen = new Set<string>();
  /** Whole plates by passage: in memory only, and only while this page is open. */
  #plates = new Map<string, string>();

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load(true);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  #forget(): void {
    this.#plates.clear();
    this.#chosen.clear();
    this.requestUpdate();
  }

  async #load(afresh: boolean): Promise<void> {
    const asked = ++this.#asked;
    this.#state = "loading";
    if (afresh) {
      this.#forget();
      this.#since = new Date(store.now() - this.#span * 1000).toISOString();
    }
    this.requestUpdate();
    try {
      const page = await rest.passages({ ...this.#match, from: this.#since, limit: PAGE, before: afresh ? null : this.#next });
      if (asked !== this.#asked) return;
      this.#rows = afresh ? page.items : [...this.#rows, ...page.items];
      this.#next = page.next;
      this.#state = "ready";
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#state = "failed";
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const may = store.may("plates");
    return html`<main class="journal"><section class="list">
      ${this.#filters(may)}
      <div class="scroll">
        <table class="passage-table"><thead><tr>
          ${may ? html`<th class="w-choose"><span class="for-ears">${say("choose")}</span></th>` : nothing}
          <th class="w-stamp">${say("time")}</th><th class="w-plate">${say("plate")}</th><th class="w-time">${say("vehicle")}</th>
          <th>${say("place")}</th><th class="w-lane">${say("lane")}</th><th class="w-time">${say("speed")}</th>
          <th class="w-what">${say("violation")}</th><th class="w-age">${say("confidence")}</th>
        </tr></thead><tbody>${this.#rows.map((row) => this.#line(row, may))}</tbody></table>
        ${this.#end()}
      </div>
    </section>${may ? html`<cw-look .chosen=${{ ids: [...this.#chosen], filter: this.#wish() }} .shown=${this.#shown}></cw-look>` : nothing}</main>`;
  }

  #line(row: PassageRow, may: boolean): TemplateResult {
    const whole = this.#plates.get(row.id);
    return html`<tr data-passage=${row.id}>
      ${may ? html`<td><input type="checkbox" aria-label=${say("choose")} .checked=${this.#chosen.has(row.id)}
        @change=${(event: Event) => this.#choose(row.id, event.target as HTMLInputElement)} /></td>` : nothing}
      <td class="number">${dateTime(instant(row.time), store.timezone)}</td>
      <td class="plate ${whole ? "whole" : ""}">${whole ?? row.plate ?? "–"}</td><td>${word(row.class, "v_")}</td>
      <td><a href=${href("device", row.device)}>${deviceName(row.device)}</a><span class="where">${zonePath(row.zone)}</span></td>
      <td>${row.lane || "–"}</td>
      <td class="number">${row.speed === null ? "–" : `${Math.round(row.speed)} km/h`}${row.limit === null || row.speed === null ? nothing : html` <span class="dim">/ ${Math.round(row.limit)}</span>`}</td>
      <td>${row.violation ? word(row.violation, "vi_") : nothing}</td>
      <td class="number">${row.confidence === null ? "–" : `${Math.round(row.confidence * 100)} %`}</td>
    </tr>`;
  }

  #choose(id: string, box: HTMLInputElement): void {
    if (box.checked && this.#chosen.size >= MOST_LOOKED) box.checked = false;
    if (box.checked) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.requestUpdate();
  }

  /** The filter, as a look asks for it. */
  #wish(): Partial<LookRequest> {
    const given = Object.entries(this.#match).filter(([, value]) => value !== "");
    return { ...(Object.fromEntries(given) as Partial<LookRequest>), from: this.#since, limit: MOST_LOOKED };
  }

  readonly #shown = (page: LookedPage, byPlate: boolean): void => {
    for (const row of page.items) if (row.plate) this.#plates.set(row.id, row.plate);
    if (byPlate) [this.#rows, this.#next] = [page.items.map((row) => ({ ...row, plate: null })), null];
    this.requestUpdate();
  };

  #end(): TemplateResult | typeof nothing {
    if (this.#state === "failed") return html`<p class="empty problem" role="status">${this.#problem} <button @click=${() => void this.#load(true)}>${say("refresh")}</button></p>`;
    if (this.#state === "loading" && this.#rows.length === 0) return html`<p class="empty">${say("loading")}</p>`;
    if (this.#rows.length === 0) return html`<p class="empty">${say("no_passages")}</p>`;
    return this.#next === null ? nothing : html`<button class="more" @click=${() => void this.#load(false)}>${say("older")}</button>`;
  }

  #filters(may: boolean): TemplateResult {
    const pick = (field: keyof Match, all: string, values: readonly string[], show: (value: string) => string): TemplateResult =>
      html`<select name=${field} aria-label=${all} @change=${(event: Event) => this.#narrow({ [field]: (event.target as HTMLSelectElement).value })}>
        <option value="">${all}</option>
        ${values.map((value) => html`<option value=${value} ?selected=${this.#match[field] === value}>${show(value)}</option>`)}
      </select>`;
    const cameras = [...new Set(this.#rows.map((row) => row.device))].sort();
    return html`<div class="filters" role="group" aria-label=${say("filter")}>
      <select name="span" aria-label=${say("time")} @change=${this.#turnSpan}>${SPANS.map((span) =>
        html`<option value=${span} ?selected=${span === this.#span}>${say(`span_${span}` as Word)}</option>`)}</select>
      ${pick("zone", say("all_zones"), [...store.zones.keys()], zonePath)}
      ${pick("device", say("all_devices"), this.#match.device ? [this.#match.device] : cameras, deviceName)}
      ${pick("class", say("all_vehicles"), VEHICLES, (name) => word(name, "v_"))}
      ${pick("violation", say("all_passages"), VIOLATIONS, (name) => (name === "any" ? say("any_violation") : word(name, "vi_")))}
      <input name="lane" class="lane" aria-label=${say("lane")} placeholder=${say("lane")} maxlength="40" .value=${this.#match.lane}
        @change=${(event: Event) => this.#narrow({ lane: (event.target as HTMLInputElement).value.trim() })} />
      <span class="spring"></span>
      ${this.#plates.size ? html`<span role="status">${this.#plates.size} ${say("plates_shown")}</span>
        <button id="hide-plates" @click=${() => void this.#load(true)}>${say("hide_plates")}</button>` : nothing}
      ${may ? html`<button id="look" class="main" @click=${() => this.querySelector<LookDialog>("cw-look")?.open()}>${say("look")}</button>` : nothing}
      <button @click=${() => void this.#load(true)}>${say("refresh")}</button>
    </div>`;
  }

  #narrow(change: Partial<Match>): void {
    this.#match = { ...this.#match, ...change };
    void this.#load(true);
  }

  readonly #turnSpan = (event: Event): void => {
    this.#span = Number((event.target as HTMLSelectElement).value);
    void this.#load(true);
  };
}

customElements.define("cw-passages", Passages);
