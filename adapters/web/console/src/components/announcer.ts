// Speaks new critical and high alarms to assistive technology, and nothing else; a flood is summed up.

import { html } from "lit";
import type { AlarmRow } from "../api/protocol.ts";
import { say, text } from "../lib/language.ts";
import { order } from "../state/alarms.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

const SPOKEN = 3;

class Announcer extends View {
  #known: Set<string> | null = null;
  #message = "";

  protected override render(): unknown {
    const urgent = [...store.alarms.rows.values()].filter(
      (row) => !row.acked && (row.priority === "critical" || row.priority === "high"),
    );
    const fresh = this.#known ? urgent.filter((row) => !this.#known?.has(key(row))) : [];
    if (store.alarms.phase === "live") this.#known = new Set(urgent.map(key));
    if (fresh.length) this.#message = message(fresh.sort(order));
    return html`<div class="for-ears" role="alert" aria-atomic="true">${this.#message}</div>`;
  }
}

function key(row: AlarmRow): string {
  return `${row.alarm} ${row.occurrence}`;
}

function message(rows: AlarmRow[]): string {
  const said = rows.slice(0, SPOKEN).map((row) => `${say(row.priority)}: ${text(row.text)}`);
  if (rows.length > SPOKEN) said.push(`+ ${rows.length - SPOKEN} ${say("more_new")}`);
  return said.join(". ");
}

customElements.define("cw-announcer", Announcer);
