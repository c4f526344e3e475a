// The pictures that are kept with an alarm: camera by camera, from just before it to just after. They are fetched when
// somebody asks for them, for every look is written down.

import { html, nothing, type TemplateResult } from "lit";
import type { AlarmRow, PictureRow, PicturesAnswer } from "../api/protocol.ts";
import { pictureAddress, rest } from "../api/rest.ts";
import { say } from "../lib/language.ts";
import { deviceName } from "../lib/names.ts";
import { href } from "../lib/route.ts";
import { dateTime, instant } from "../lib/time.ts";
import { store } from "../state/store.ts";
import { describe } from "../state/session.ts";
import { View } from "./view.ts";

const AGAIN_MS = 3000;

class AlarmPictures extends View {
  static override properties = { row: { attribute: false } };
  declare row: AlarmRow;

  #shown = false;
  #answer: PicturesAnswer | null = null;
  #of = "";
  #problem = false;

  protected override willUpdate(): void {
    for (const camera of this.row.cameras) void describe(camera).catch(() => undefined);
    const wanted = `${this.row.alarm} ${this.row.occurrence}`;
    if (this.#of === wanted) return;
    this.#of = wanted;
    this.#shown = false;
    this.#answer = null;
  }

  async #load(): Promise<void> {
    const wanted = this.#of;
    this.#shown = true;
    try {
      const answer = await rest.pictures(this.row.alarm, this.row.occurrence);
      if (this.#of !== wanted) return;
      this.#answer = answer;
      this.#problem = false;
      if (!answer.complete && this.isConnected) setTimeout(() => void (this.isConnected && this.#of === wanted && this.#load()), AGAIN_MS);
    } catch {
      if (this.#of === wanted) this.#problem = true;
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    const cameras = this.row.cameras;
    if (cameras.length === 0) return nothing;
    return html`<section class="pictures"><h3>${say("cameras")}</h3>
      <p>${cameras.map((camera) => html`<a href=${href("device", camera)}>${deviceName(camera)}</a> `)}</p>
      ${this.#shown ? this.#strips() : this.#offer()}
    </section>`;
  }

  #offer(): TemplateResult | typeof nothing {
    if (!store.may("pictures")) return nothing;
    return html`<button type="button" @click=${() => void this.#load()}>${say("show_pictures")}</button>
      <span class="dim">${say("looks_are_noted")}</span>`;
  }

  #strips(): TemplateResult {
    const answer = this.#answer;
    if (this.#problem) return html`<p class="problem" role="status">${say("no_pictures_now")}</p>`;
    if (!answer) return html`<p class="dim">${say("loading")}</p>`;
    if (answer.items.length === 0) return html`<p class="dim">${say(answer.complete ? "no_pictures" : "pictures_coming")}</p>`;
    return html`${answer.cameras.map((camera) => this.#strip(camera, answer.items.filter((item) => item.camera === camera)))}`;
  }

  #strip(camera: string, items: readonly PictureRow[]): TemplateResult | typeof nothing {
    if (items.length === 0) return nothing;
    return html`<figure><figcaption>${deviceName(camera)}</figcaption><div class="strip">
      ${items.map((item) => this.#picture(item))}
    </div></figure>`;
  }

  #picture(item: PictureRow): TemplateResult {
    const address = pictureAddress(this.row.alarm, this.row.occurrence, item);
    const seconds = Math.round((instant(item.at) - instant(this.row.since)) / 1000);
    const when = `${seconds > 0 ? "+" : ""}${seconds} s`;
    return html`<a href=${address} target="_blank" rel="noopener" title=${dateTime(instant(item.at), store.timezone)}>
      <img src=${address} alt=${`${deviceName(item.camera)}, ${when}`} loading="lazy" width="160" height="90" /><span>${when}</span></a>`;
  }
}

customElements.define("cw-pictures", AlarmPictures);
