// The map: the site's own outlines, its devices by worst alarm and health. No tile, no request to anywhere else.

import { html, render, type TemplateResult } from "lit";
import L from "leaflet";
import type { DeviceRow, MapAnswer } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { MapLabels } from "../components/map-labels.ts";
import { alarmSymbol, healthSymbol, prioritySymbol } from "../components/symbol.ts";
import { View } from "../components/view.ts";
import { language, say, text, word } from "../lib/language.ts";
import { href } from "../lib/route.ts";
import { PRIORITIES, worstByDevice } from "../state/alarms.ts";
import { HEALTH } from "../state/devices.ts";
import { store } from "../state/store.ts";

type Feature = MapAnswer["features"][number];
const SIZE = 28;
/** Vietnam as a whole, until the site's own extent is known. */
const COUNTRY = L.latLngBounds([8.4, 102.1], [23.4, 109.5]);

class MapPage extends View {
  #map: L.Map | null = null;
  #extent: L.LatLngBounds = COUNTRY;
  #places = new Map<string, L.LatLng>();
  #markers = new Map<string, L.Marker>();
  #failed = false;
  #fitted = false;
  #labels: MapLabels | null = null;
  #spoken = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#map?.remove();
    this.#map = null;
    this.#markers.clear();
  }

  protected override render(): TemplateResult {
    return html`<main class="map-page">
      <div class="map" role="application" aria-label=${say("map")}></div>
      <div class="map-side">
        <button @click=${() => this.#fit()}>${say("fit")}</button>
        <h3>${say("legend")}</h3>
        <ul>${PRIORITIES.map((p) => html`<li>${prioritySymbol(p)} ${say(p)}</li>`)}
          ${HEALTH.map((state) => html`<li>${healthSymbol(state)} ${word(state)}</li>`)}</ul>
      </div>
      ${this.#failed ? html`<p class="map-note problem">${say("unavailable")}</p>` : null}
      ${!this.#failed && this.#fitted && this.#places.size === 0 ? html`<p class="map-note">${say("map_empty")}</p>` : null}
    </main>`;
  }

  protected override firstUpdated(): void {
    const home = this.querySelector<HTMLElement>(".map");
    if (!home) return;
    this.#map = L.map(home, { attributionControl: false, zoomSnap: 0.25, maxZoom: 20, zoomControl: true, preferCanvas: false });
    this.#map.fitBounds(COUNTRY);
    L.control.scale({ imperial: false }).addTo(this.#map);
    this.#labels = new MapLabels(this.#map);
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const answer = await rest.map();
      if (!this.#map) return;
      this.#outlines(answer.features);
      this.#labels?.take(answer.features);
      for (const feature of answer.features) this.#place(feature);
      this.#fit();
    } catch {
      this.#failed = true;
    }
    this.#fitted = true;
    this.requestUpdate();
  }

  #outlines(features: Feature[]): void {
    const shapes = features.filter((feature) => feature.geometry && feature.geometry["type"] !== "Point");
    const layer = L.geoJSON({ type: "FeatureCollection", features: shapes } as unknown as GeoJSON.FeatureCollection, {
      interactive: false, style: (feature) => ({ className: outline(feature) }), pointToLayer: (_f, at) => L.circleMarker(at, { radius: 3 }),
    }).addTo(this.#map as L.Map);
    if (layer.getBounds().isValid()) this.#grow(layer.getBounds());
  }

  #place(feature: Feature): void {
    const where = feature.geometry?.["coordinates"];
    if (feature.geometry?.["type"] !== "Point" || !Array.isArray(where)) return;
    const at = L.latLng(Number(where[1]), Number(where[0]));
    const device = feature.properties["device"];
    if (typeof device === "string") {
      this.#places.set(device, at);
      this.#grow(at.toBounds(60));
    }
  }

  #grow(by: L.LatLngBounds): void {
    this.#extent = this.#extent === COUNTRY ? L.latLngBounds(by.getSouthWest(), by.getNorthEast()) : this.#extent.extend(by);
  }

  #fit(): void {
    this.#map?.fitBounds(this.#extent, { padding: [40, 40], maxZoom: 17 });
  }

  protected override updated(): void {
    if (!this.#map || !this.#fitted) return;
    if (this.#spoken !== language()) this.#labels?.draw();
    this.#spoken = language();
    const worst = worstByDevice(store.alarms);
    const taken = new Map<string, number>();
    for (const [device, at] of this.#places) {
      const row = store.device(device);
      if (row) this.#mark(row, at, worst.get(device), taken);
    }
  }

  #mark(row: DeviceRow, at: L.LatLng, alarm: Parameters<typeof alarmSymbol>[0] | undefined, taken: Map<string, number>): void {
    const spot = `${at.lat.toFixed(5)} ${at.lng.toFixed(5)}`;
    const nth = taken.get(spot) ?? 0;
    taken.set(spot, nth + 1);
    const title = `${text(row.title)} – ${word(row.state)}${alarm ? ` – ${text(alarm.text)}` : ""}`;
    const look = `${alarm ? `${alarm.priority} ${alarm.state} ${alarm.acked}` : row.state} ${nth} ${title}`;
    const known = this.#markers.get(row.device);
    if (known && known.options.alt === look) return;
    known?.remove();
    const marker = L.marker(at, { icon: icon(row, alarm, nth), title, alt: look, keyboard: true, zIndexOffset: zIndex(row, alarm) });
    marker.on("click keypress", () => (location.hash = alarm ? href("alarms", alarm.alarm) : href("device", row.device)));
    marker.addTo(this.#map as L.Map);
    this.#markers.set(row.device, marker.bindTooltip(title, { direction: "top", offset: [0, -8] }));
    const element = marker.getElement();
    element?.setAttribute("data-device", row.device);
    element?.setAttribute("aria-label", title);
  }
}

/** What the site's file says a shape is: water, a road, or the outline of a place. */
function outline(feature: GeoJSON.Feature | undefined): string {
  const given = String(feature?.properties?.["class"] ?? "");
  const drawn = given === "water" || given === "road" ? given : "place";
  return `outline ${drawn} ${feature?.geometry.type.endsWith("LineString") ? "as-line" : "as-area"}`;
}

/** Devices at the very same spot stand in rows beside each other. */
function icon(row: DeviceRow, alarm: Parameters<typeof alarmSymbol>[0] | undefined, nth: number): L.DivIcon {
  const home = document.createElement("span");
  render(html`${alarm ? alarmSymbol(alarm) : healthSymbol(row.state)}`, home);
  const [right, down] = [nth % 4, Math.floor(nth / 4)];
  return L.divIcon({
    className: "device-icon", html: home, iconSize: [SIZE, SIZE],
    iconAnchor: [SIZE / 2 - right * SIZE, SIZE / 2 - down * SIZE],
  });
}

function zIndex(row: DeviceRow, alarm: Parameters<typeof alarmSymbol>[0] | undefined): number {
  if (alarm) return 5000 - 500 * PRIORITIES.indexOf(alarm.priority);
  return row.state === "online" ? 0 : 1000;
}

customElements.define("cw-map", MapPage);
