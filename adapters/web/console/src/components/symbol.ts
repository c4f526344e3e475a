// Symbols: each priority is a colour, a shape, a number and a word, so that no one of them has to be seen.

import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import type { AlarmRow, HealthWord, PriorityWord } from "../api/protocol.ts";
import { say } from "../lib/language.ts";

const NUMBER: Record<PriorityWord, string> = { critical: "1", high: "2", medium: "3", low: "4" };
/** Baseline of the number: triangles carry it nearer their wide side. */
const BASELINE: Record<PriorityWord, number> = { critical: 16.5, high: 18, medium: 14.5, low: 16.5 };

function outline(priority: PriorityWord): SVGTemplateResult {
  switch (priority) {
    case "critical":
      return svg`<rect x="2" y="2" width="20" height="20" rx="1" />`;
    case "high":
      return svg`<path d="M12 1.5 23 21.5H1Z" />`;
    case "medium":
      return svg`<path d="M12 22.5 1 2.5H23Z" />`;
    case "low":
      return svg`<circle cx="12" cy="12" r="10" />`;
  }
}

/** A priority's symbol; `look` adds `hollow` (returned to normal) and `blink` (nobody has acknowledged it). */
export function prioritySymbol(priority: PriorityWord, look = ""): TemplateResult {
  return html`<svg class="symbol ${priority} ${look}" viewBox="0 0 24 24" aria-hidden="true">
    ${outline(priority)}<text x="12" y=${BASELINE[priority]} text-anchor="middle">${NUMBER[priority]}</text>
  </svg>`;
}

export function alarmSymbol(row: AlarmRow): TemplateResult {
  return prioritySymbol(row.priority, `${row.active ? "" : "hollow"} ${row.acked || row.hold ? "" : "blink"}`);
}

export function priorityWord(row: AlarmRow): TemplateResult {
  return html`<span class="priority-word">${say(row.priority)}</span>`;
}

/** A device's health: grey while all is well, a broken link when communication is lost. */
export function healthSymbol(state: HealthWord): TemplateResult {
  return html`<svg class="symbol health ${state}" viewBox="0 0 24 24" aria-hidden="true">${healthShape(state)}</svg>`;
}

function healthShape(state: HealthWord): SVGTemplateResult | typeof nothing {
  switch (state) {
    case "online":
      return svg`<circle cx="12" cy="12" r="5" />`;
    case "offline":
      return svg`<path class="line" d="M9.5 14.5 7 17a3.5 3.5 0 0 1-5-5l3-3M14.5 9.5 17 7a3.5 3.5 0 0 1 5 5l-3 3M9 5 8 2M5 8 2 7M15 19l1 3M19 16l3 1" />`;
    case "degraded":
      return svg`<circle class="line" cx="12" cy="12" r="8" /><path d="M12 4a8 8 0 0 1 0 16Z" />`;
    case "waiting":
      return svg`<circle class="line dashed" cx="12" cy="12" r="8" />`;
    case "out_of_service":
      return svg`<circle class="line" cx="12" cy="12" r="8" /><path class="line" d="m6.5 6.5 11 11" />`;
  }
}
