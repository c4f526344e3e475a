// Names on the map: as many as fit without lying over each other, large places before small ones.

import L from "leaflet";
import type { MapAnswer, Text } from "../api/protocol.ts";
import { text } from "../lib/language.ts";
import { store } from "../state/store.ts";

type Feature = MapAnswer["features"][number];

/** Width of a letter and height of a line as drawn, pixels. */
const [LETTER, LINE] = [6.6, 18];
/** How far above its place a name may stand, pixels, best first; less than nothing is below. */
const HEIGHTS = [34, 54, -4];
/** From which zoom on small places and streets have their names; those of the second level and waters always do. */
const [PLACES, STREETS] = [12.5, 14.5];

interface Named { at: L.LatLng; name: () => string; rank: number; from: number }

export class MapLabels {
  readonly #layer = L.layerGroup();
  readonly #map: L.Map;
  #named: Named[] = [];

  constructor(map: L.Map) {
    this.#map = map;
    this.#layer.addTo(map);
  }

  /** Learn the names of places and of lines (rivers, roads). */
  take(features: readonly Feature[]): void {
    this.#named = features.flatMap((feature) => zone(feature) ?? line(feature) ?? []).sort((a, b) => a.rank - b.rank);
  }

  /** Write the names around what stands on the map already; only the largest places may lie over it. */
  draw(standing: readonly L.Bounds[] = []): void {
    this.#layer.clearLayers();
    const taken: L.Bounds[] = [];
    for (const { at, name, from, rank } of this.#named) {
      if (this.#map.getZoom() < from) continue;
      const said = name();
      const tried = HEIGHTS.map((height) => ({ height, box: this.#box(at, said, height) }));
      const free = tried.find(({ box }) => clear(box, [...standing, ...taken]))
        ?? (rank > 2 ? undefined : tried.find(({ box }) => clear(box, taken)));
      if (!free) continue;
      taken.push(free.box);
      const icon = L.divIcon({ className: "zone-label", html: span(said, free.height), iconSize: [0, 0] });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(this.#layer);
    }
  }

  #box(at: L.LatLng, said: string, height: number): L.Bounds {
    const half = (said.length * LETTER) / 2;
    const middle = this.#map.latLngToContainerPoint(at).subtract([0, height - LINE / 2]);
    return L.bounds(middle.subtract([half, LINE / 2]), middle.add([half, LINE / 2]));
  }
}

function clear(box: L.Bounds, others: readonly L.Bounds[]): boolean {
  return !others.some((other) => other.overlaps(box));
}

function zone(feature: Feature): Named | null {
  const row = feature.properties["what"] === "zone" ? store.zones.get(String(feature.properties["zone"])) : undefined;
  const where = feature.geometry?.["coordinates"];
  // The outermost place is the whole map; its name is in the header.
  if (!row?.parent || !Array.isArray(where)) return null;
  const rank = row.zone.split("/").length;
  return { at: L.latLng(Number(where[1]), Number(where[0])), name: () => text(row.title), rank, from: rank > 2 ? PLACES : 0 };
}

function line(feature: Feature): Named | null {
  const name = feature.properties["name"];
  const where = feature.geometry?.["coordinates"];
  if (feature.geometry?.["type"] !== "LineString" || typeof name !== "object" || name === null || !Array.isArray(where)) return null;
  const middle = where[Math.floor(where.length / 2)] as [number, number];
  const from = feature.properties["class"] === "water" ? 0 : STREETS;
  return { at: L.latLng(middle[1], middle[0]), name: () => text(name as Text), rank: 100, from };
}

function span(name: string, height: number): HTMLElement {
  const element = document.createElement("span");
  element.style.translate = `-50% ${-height}px`;
  element.textContent = name;
  return element;
}
