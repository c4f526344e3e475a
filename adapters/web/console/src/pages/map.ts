// The map: the site's own outlines, its devices by worst alarm and health. No tile, no request to anywhere else.

import { html, render, type TemplateResult } from "lit";
import L from "leaflet";
import type { DeviceRow, MapAnswer } from "../api/protocol.ts";
import { rest } from "../api/rest.ts";
import { MapLabels } from "../components/map-labels.ts";
import { alarmSymbol, healthSymbol, prioritySymbol } from "../components/symbol.ts";
import { View } from "../components/view.ts";
import { crowds, type Crowd } from "../lib/crowds.ts";
import { language, say, text, word } from "../lib/language.ts";
import { href } from "../lib/route.ts";
import { order, PRIORITIES, worstByDevice } from "../state/alarms.ts";
import { HEALTH } from "../state/devices.ts";
import { store } from "../state/store.ts";

type Feature = MapAnswer["features"][number];
type Alarm = Parameters<typeof alarmSymbol>[0];
/** A device where it stands, in pixels of the present zoom. */
interface Spot { id: string; x: number; y: number; at: L.LatLng; row: DeviceRow; alarm: Alarm | undefined }

const SIZE = 28;
/** From how many devices on they are gathered, and from which zoom on each is shown where it stands. */
const [MANY, NEAR] = [60, 17];
/** Half of a sign with its number, pixels. */
const HALF = L.point(24, 15);
/** So many in one cell still stand by themselves. */
const ALONE = 2;
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
    this.#map.on("zoomend", () => this.#draw());
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
    this.#draw();
  }

  #draw(): void {
    const map = this.#map;
    if (!map || !this.#fitted) return;
    const worst = worstByDevice(store.alarms);
    const spots: Spot[] = [];
    for (const [id, at] of this.#places) {
      const row = store.device(id);
      if (row) spots.push({ id, at, row, alarm: worst.get(id), ...pixels(map, at) });
    }
    const gathered = spots.length >= MANY && map.getZoom() < NEAR;
    const wanted = crowds(spots, gathered ? ALONE : Infinity);
    const kept = new Set(wanted.map((crowd) => crowd.id));
    for (const [id, marker] of this.#markers) if (!kept.has(id)) this.#drop(id, marker);
    const taken = new Map<string, number>();
    for (const crowd of wanted) {
      const [only] = crowd.members;
      if (only && crowd.members.length === 1) this.#mark(only.row, only.at, only.alarm, taken);
      else this.#gather(crowd);
    }
    this.#name(wanted.filter((crowd) => crowd.members.length > 1));
  }

  /** Write the names of places anew when the language, the zoom or the crowds have changed. */
  #name(gathered: readonly Crowd<Spot>[]): void {
    const map = this.#map as L.Map;
    const spoken = `${language()} ${map.getZoom()} ${gathered.map((crowd) => crowd.id).join()}`;
    if (spoken === this.#spoken) return;
    this.#spoken = spoken;
    const corner = map.getPixelBounds().min ?? L.point(0, 0);
    this.#labels?.draw(gathered.map(({ x, y }) => {
      const middle = L.point(x, y).subtract(corner);
      return L.bounds(middle.subtract(HALF), middle.add(HALF));
    }));
  }

  #drop(id: string, marker: L.Marker): void {
    marker.remove();
    this.#markers.delete(id);
  }

  #mark(row: DeviceRow, at: L.LatLng, alarm: Alarm | undefined, taken: Map<string, number>): void {
    const spot = `${at.lat.toFixed(5)} ${at.lng.toFixed(5)}`;
    const nth = taken.get(spot) ?? 0;
    taken.set(spot, nth + 1);
    const title = `${text(row.title)} – ${word(row.state)}${alarm ? ` – ${text(alarm.text)}` : ""}`;
    const look = `${alarm ? `${alarm.priority} ${alarm.state} ${alarm.acked}` : row.state} ${nth} ${title}`;
    this.#put(row.device, look, at, { icon: icon(row, alarm, nth), title, zIndexOffset: zIndex(row, alarm) }, () => {
      location.hash = alarm ? href("alarms", alarm.alarm) : href("device", row.device);
    });
  }

  /** One sign for many: the worst of them and their number; whoever presses it comes nearer. */
  #gather(crowd: Crowd<Spot>): void {
    const map = this.#map as L.Map;
    const alarms = crowd.members.flatMap((spot) => spot.alarm ?? []).sort(order);
    const [alarm] = alarms;
    const row = [...crowd.members].sort((a, b) => HEALTH.indexOf(a.row.state) - HEALTH.indexOf(b.row.state))[0]?.row as DeviceRow;
    const off = crowd.members.filter((spot) => spot.row.state !== "online").length;
    const parts = [`${crowd.members.length} ${say("devices").toLowerCase()}`];
    if (off > 0) parts.push(`${off} ${say("not_online")}`);
    if (alarm) parts.push(text(alarm.text));
    const title = parts.join(" – ");
    const bounds = L.latLngBounds(crowd.members.map((spot) => spot.at));
    const look = `${alarm ? `${alarm.priority} ${alarm.state} ${alarm.acked}` : row.state} ${title}`;
    const at = map.unproject([crowd.x, crowd.y], map.getZoom());
    const options = { icon: sign(row, alarm, crowd.members.length), title, zIndexOffset: zIndex(row, alarm) };
    this.#put(crowd.id, look, at, options, () => map.fitBounds(bounds, { padding: [60, 60], maxZoom: NEAR }));
  }

  #put(id: string, look: string, at: L.LatLng, options: L.MarkerOptions & { title: string }, press: () => void): void {
    const known = this.#markers.get(id);
    if (known && known.options.alt === look && known.getLatLng().equals(at, 1e-6)) return;
    known?.remove();
    const marker = L.marker(at, { ...options, alt: look, keyboard: true });
    marker.on("click keypress", press);
    marker.addTo(this.#map as L.Map);
    this.#markers.set(id, marker.bindTooltip(options.title, { direction: "top", offset: [0, -8] }));
    const element = marker.getElement();
    element?.setAttribute("data-device", id);
    element?.setAttribute("aria-label", options.title);
  }
}

/** Pixels of the whole world at the present zoom, so that a crowd stays one while the map is moved. */
function pixels(map: L.Map, at: L.LatLng): { x: number; y: number } {
  const { x, y } = map.project(at, map.getZoom());
  return { x, y };
}

/** What the site's file says a shape is: water, a road, or the outline of a place. */
function outline(feature: GeoJSON.Feature | undefined): string {
  const given = String(feature?.properties?.["class"] ?? "");
  const drawn = given === "water" || given === "road" ? given : "place";
  return `outline ${drawn} ${feature?.geometry.type.endsWith("LineString") ? "as-line" : "as-area"}`;
}

/** Devices at the very same spot stand in rows beside each other. */
function icon(row: DeviceRow, alarm: Alarm | undefined, nth: number): L.DivIcon {
  const home = document.createElement("span");
  render(html`${alarm ? alarmSymbol(alarm) : healthSymbol(row.state)}`, home);
  const [right, down] = [nth % 4, Math.floor(nth / 4)];
  return L.divIcon({
    className: "device-icon", html: home, iconSize: [SIZE, SIZE],
    iconAnchor: [SIZE / 2 - right * SIZE, SIZE / 2 - down * SIZE],
  });
}

function sign(row: DeviceRow, alarm: Alarm | undefined, many: number): L.DivIcon {
  const home = document.createElement("span");
  render(html`${alarm ? alarmSymbol(alarm) : row.state === "online" ? null : healthSymbol(row.state)}<b>${many}</b>`, home);
  return L.divIcon({ className: `device-icon crowd${alarm || row.state !== "online" ? " news" : ""}`, html: home, iconSize: [40, 30] });
}

function zIndex(row: DeviceRow, alarm: Alarm | undefined): number {
  if (alarm) return 5000 - 500 * PRIORITIES.indexOf(alarm.priority);
  return row.state === "online" ? 0 : 1000;
}

customElements.define("cw-map", MapPage);
