// The console: which page is shown, and what surrounds all of them.

import "leaflet/dist/leaflet.css";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/alarms.css";
import "./style/tables.css";
import "./style/map.css";
import { html, type TemplateResult } from "lit";
import "./components/announcer.ts";
import "./components/awaiting.ts";
import "./components/flood-bar.ts";
import "./components/header.ts";
import "./components/lost-bar.ts";
import "./pages/alarms.ts";
import "./pages/device.ts";
import "./pages/devices.ts";
import "./pages/holds.ts";
import "./pages/journal.ts";
import "./pages/load.ts";
import "./pages/map.ts";
import "./pages/notifications.ts";
import "./pages/passages.ts";
import "./pages/sign-in.ts";
import { View } from "./components/view.ts";
import { language, say } from "./lib/language.ts";
import { route } from "./lib/route.ts";
import { sounder, tone } from "./lib/sound.ts";
import { applyTheme } from "./lib/theme.ts";
import { loudest } from "./state/alarms.ts";
import { open } from "./state/session.ts";
import { store } from "./state/store.ts";

class Console extends View {
  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", () => this.requestUpdate());
  }

  protected override render(): TemplateResult {
    const { phase, dataAt } = store.connection;
    document.documentElement.dataset["connection"] = phase;
    if (phase === "signed_out") return html`<cw-sign-in></cw-sign-in>`;
    const known = dataAt !== null || store.site !== null;
    return html`<cw-lost-bar></cw-lost-bar><cw-announcer></cw-announcer>
      <div class="screen">
        <cw-header></cw-header><cw-flood-bar></cw-flood-bar><cw-awaiting></cw-awaiting>
        ${known ? this.#page() : html`<main><p class="empty">${say("connecting")}</p></main>`}
      </div>`;
  }

  #page(): TemplateResult {
    const { page, id } = route();
    switch (page) {
      case "devices":
        return html`<cw-devices></cw-devices>`;
      case "device":
        return html`<cw-device .device=${id ?? ""}></cw-device>`;
      case "map":
        return html`<cw-map></cw-map>`;
      case "notifications":
        return html`<cw-notifications></cw-notifications>`;
      case "passages":
        return html`<cw-passages></cw-passages>`;
      case "load":
        return html`<cw-load></cw-load>`;
      case "holds":
        return html`<cw-holds></cw-holds>`;
      case "journal":
        return html`<cw-journal .device=${id ?? ""}></cw-journal>`;
      case "alarms":
        return html`<cw-alarms .selected=${id}></cw-alarms>`;
    }
  }
}

applyTheme();
document.documentElement.lang = language();
store.onChange(() => sounder.want(tone(loudest(store.alarms), store.connection.phase === "lost")));
customElements.define("cw-console", Console);
void open();
