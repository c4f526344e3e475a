// Names on the map: as many as fit without lying over each other, large places before small ones.

import L from "leaflet";
import type { MapAnswer, Text } from "../api/protocol.ts";
import { text } from "../lib/language.ts";
import { store } from "../state/store.ts";

type Feature = MapAnswer["features"][number];

/** Width of a letter and height of a line as drawn, pixels; names stand this far above their place. */
const [LETTER, LINE, ABOVE] = [6.6, 18, 34];

interface Named { at: L.LatLng; name: () => string; rank: number }

export class MapLabels {
  readonly #layer = L.layerGroup();
  readonly #map: L.Map;
  #named: Named[] = [];

  constructor(map: L.Map) {
    this.#map = map;
    this.#layer.addTo(map);
    map.on("zoomend", () => this.draw());
  }

  /** Learn the names of places and of lines (rivers, roads). */
  take(features: readonly Feature[]): void {
    this.#named = features.flatMap((feature) => zone(feature) ?? line(feature) ?? []).sort((a, b) => a.rank - b.rank);
  }

  draw(): void {
    this.#layer.clearLayers();
    const taken: L.Bounds[] = [];
    for (const { at, name } of this.#named) {
      const said = name();
      const half = (said.length * LETTER) / 2;
      const middle = this.#map.latLngToContainerPoint(at).subtract([0, ABOVE - LINE / 2]);
      const box = L.bounds(middle.subtract([half, LINE / 2]), middle.add([half, LINE / 2]));
      if (taken.some((other) => other.overlaps(box))) continue;
      taken.push(box);
      const icon = L.divIcon({ className: "zone-label", html: span(said), iconSize: [0, 0] });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(this.#layer);
    }
  }
}

function zone(feature: Feature): Named | null {
  const row = feature.properties["what"] === "zone" ? store.zones.get(String(feature.properties["zone"])) : undefined;
  const where = feature.geometry?.["coordinates"];
  // The outermost place is the whole map; its name is in the header.
  if (!row?.parent || !Array.isArray(where)) return null;
  return { at: L.latLng(Number(where[1]), Number(where[0])), name: () => text(row.title), rank: row.zone.split("/").length };
}

function line(feature: Feature): Named | null {
  const name = feature.properties["name"];
  const where = feature.geometry?.["coordinates"];
  if (feature.geometry?.["type"] !== "LineString" || typeof name !== "object" || name === null || !Array.isArray(where)) return null;
  const middle = where[Math.floor(where.length / 2)] as [number, number];
  return { at: L.latLng(middle[1], middle[0]), name: () => text(name as Text), rank: 100 };
}

function span(name: string): HTMLElement {
  const element = document.createElement("span");
  element.textContent = name;
  return element;
}
