// The checklist of an alarm: what is to be done, by whom, until when, who did it, what is late.

import { html, nothing, type TemplateResult } from "lit";
import type { AlarmRow, ChecklistAnswer, ChecklistStep } from "../api/protocol.ts";
import { Refusal, rest } from "../api/rest.ts";
import { language, say, text } from "../lib/language.ts";
import { briefTime, duration, instant } from "../lib/time.ts";
import { store } from "../state/store.ts";
import { View } from "./view.ts";

/** How often it is asked for while it is looked at, milliseconds. */
const REFRESH = 5000;

class ChecklistView extends View {
  static override properties = { row: { attribute: false } };
  declare row: AlarmRow;

  #answer: ChecklistAnswer | null = null;
  #asked = "";
  #problem = "";
  #clock: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => void this.#load(), REFRESH);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  protected override willUpdate(): void {
    const wanted = `${this.row.alarm} ${this.row.rev}`;
    if (wanted === this.#asked) return;
    if (this.#answer?.alarm !== this.row.alarm) this.#answer = null;
    this.#asked = wanted;
    void this.#load();
  }

  async #load(): Promise<void> {
    await this.#take(() => rest.checklist(this.row.alarm));
  }

  async #take(ask: () => Promise<ChecklistAnswer>): Promise<void> {
    const alarm = this.row.alarm;
    try {
      const answer = await ask();
      if (alarm !== this.row.alarm) return;
      this.#answer = answer;
      this.#problem = "";
    } catch (error) {
      this.#problem = error instanceof Refusal ? error.message : say("unavailable");
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    const answer = this.#answer;
    if (!answer || answer.steps.length === 0) return nothing;
    const done = answer.steps.filter((step) => step.by !== null).length;
    return html`<section class="checklist"><h3>${say("checklist")} ${done}/${answer.steps.length}${answer.mark ? ` · ${answer.mark}` : ""}</h3>
      ${this.#problem ? html`<p class="problem" role="status">${this.#problem}</p>` : nothing}
      <ol>${answer.steps.map((step) => this.#step(step, answer))}</ol></section>`;
  }

  #step(step: ChecklistStep, answer: ChecklistAnswer): TemplateResult {
    const done = step.by !== null;
    return html`<li data-step=${step.step} data-state=${done ? "done" : step.late ? "late" : "open"}><label>
      <input type="checkbox" .checked=${done} ?disabled=${!store.may("ack")}
        @change=${(event: Event) => void this.#mark(step, answer, (event.target as HTMLInputElement).checked)} />
      <span>${text(step.text)}<span class="where">${words(step)}</span></span></label></li>`;
  }

  async #mark(step: ChecklistStep, answer: ChecklistAnswer, done: boolean): Promise<void> {
    await this.#take(() => rest.markStep(answer.alarm, step.step, { occurrence: answer.occurrence, done }));
  }
}

function words(step: ChecklistStep): string {
  const parts = step.owner ? [step.owner] : [];
  if (step.by) parts.push(`${say("done_by")} ${step.by} ${step.at ? briefTime(instant(step.at), store.now(), store.timezone) : ""}`);
  else if (step.late) parts.push(say("step_late"));
  else if (step.due) parts.push(`${say("time_left")} ${duration(Math.max(0, instant(step.due) - store.now()), language())}`);
  return parts.join(" · ");
}

customElements.define("cw-checklist", ChecklistView);
