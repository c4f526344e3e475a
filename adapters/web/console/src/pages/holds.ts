// Everything that people hide now: shelved alarms and what is out of service, with who, why and until when.

import { html, nothing, type TemplateResult } from "lit";
import type { HeldRow } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { View } from "../components/view.ts";
import { language, say, text, word } from "../lib/language.ts";
import { deviceName, zonePath } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { dateTime, duration, instant } from "../lib/time.ts";
import { act } from "../state/actions.ts";
import { store } from "../state/store.ts";

/** How often the list is asked for while it is looked at, milliseconds. */
const REFRESH = 5000;

class Holds extends View {
  #rows: readonly HeldRow[] | null = null;
  #problem = "";
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => void this.#load(), REFRESH);
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  async #load(): Promise<void> {
    try {
      this.#rows = (await rest.holds()).items;
      this.#problem = "";
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const rows = this.#rows ?? [];
    return html`<main class="journal"><section class="list"><div class="scroll">
      ${this.#problem ? html`<p class="problem" role="status">${this.#problem}</p>` : nothing}
      <table class="holds-table"><thead><tr>
        <th>${say("what")}</th><th>${say("reason")}</th><th>${say("who")}</th><th>${say("until")}</th><th>${say("hides")}</th><th></th>
      </tr></thead><tbody>${rows.map((row) => this.#row(row))}</tbody></table>
      ${rows.length === 0 && !this.#problem ? html`<p class="empty">${this.#rows ? say("no_holds") : say("loading")}</p>` : nothing}
    </div></section></main>`;
  }

  #row(row: HeldRow): TemplateResult {
    const left = row.until ? instant(row.until) - store.now() : 0;
    return html`<tr data-held=${row.key}>
      <td>${word(row.kind)}<span class="where">${name(row)}</span></td>
      <td>${row.why ?? ""}${row.once ? html`<span class="where">${say("once")}</span>` : nothing}</td>
      <td>${row.who ?? ""}</td>
      <td class="number">${row.until ? dateTime(instant(row.until), store.timezone) : "–"}<span class="where">${left > 0 ? duration(left, language()) : ""}</span></td>
      <td class="number">${row.alarms}</td>
      <td>${store.may(row.kind === "shelved" ? "shelve" : "service")
        ? html`<button @click=${() => void this.#end(row)}>${say(row.kind === "shelved" ? "unshelve" : "put_back")}</button>` : nothing}</td>
    </tr>`;
  }

  async #end(row: HeldRow): Promise<void> {
    const alarm = store.alarms.rows.get(row.key);
    try {
      if (row.kind === "out_of_service") await rest.endHold(row.key);
      else if (alarm) await act("unshelve", alarm, "");
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    await this.#load();
  }
}

function name(row: HeldRow): TemplateResult | string {
  const alarm = store.alarms.rows.get(row.key);
  if (row.kind === "shelved") return html`<a href=${href("alarms", row.key)}>${alarm ? text(alarm.text) : row.key}</a>`;
  const [kind = "", id = ""] = [row.key.slice(0, row.key.indexOf(":")), row.key.slice(row.key.indexOf(":") + 1)];
  if (kind === "zone") return zonePath(id);
  const device = id.split("/")[0] ?? "";
  return html`<a href=${href("device", device)}>${deviceName(device)}</a>${kind === "point" ? ` · ${id.slice(device.length + 1)}` : ""}`;
}

customElements.define("cw-holds", Holds);
