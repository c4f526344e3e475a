// What holds an alarm, in words: who, why, until when.

import { html, nothing, type TemplateResult } from "lit";
import type { AlarmRow, HoldRow } from "../api/protocol.ts";
import { say, text, word } from "../lib/language.ts";
import { href } from "../lib/route.ts";
import { dateTime, instant } from "../lib/time.ts";
import { store } from "../state/store.ts";

/** The holds of an alarm as lines of its facts. */
export function holdLines(row: AlarmRow): TemplateResult[] {
  return row.holds.map((hold) => html`<dt>${word(hold.kind)}</dt><dd class="hold">${what(hold)}</dd>`);
}

function what(hold: HoldRow): TemplateResult {
  const above = hold.by.startsWith("alarm:") ? hold.by.slice("alarm:".length) : null;
  const parent = above ? store.alarms.rows.get(above) : undefined;
  return html`${above ? html`${say("folded_under")} <a href=${href("alarms", above)}>${parent ? text(parent.text) : above}</a>` : hold.by}
    ${hold.until ? html` ${say("until")} ${dateTime(instant(hold.until), store.timezone)}` : nothing}
    ${hold.once ? html`, ${say("once")}` : nothing}
    ${hold.who ? html` · ${hold.who}` : nothing}${hold.why ? html` · ${hold.why}` : nothing}`;
}
