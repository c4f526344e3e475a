// Values, units and causes in words.

import type { QualityWord, Scalar } from "../api/protocol.ts";
import { language, say, word } from "./language.ts";
import { duration } from "./time.ts";

const UNITS: Record<string, string> = {
  percent: "%", degC: "°C", "ug/m3": "µg/m³", "m3/h": "m³/h", "percent/m": "%/m", "veh/h": "xe/h", mohm: "mΩ",
};
const UNITS_EN: Record<string, string> = { "veh/h": "veh/h" };

export function unitText(unit: string | null | undefined): string {
  if (!unit) return "";
  return (language() === "en" ? UNITS_EN[unit] : undefined) ?? UNITS[unit] ?? unit;
}

/** A value as people read it: `71,5 %` in Vietnamese, `71.5 %` in English, yes and no for booleans. */
export function valueText(value: Scalar | null | undefined, unit?: string | null): string {
  if (value === null || value === undefined) return say("no_value");
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  const written = typeof value === "number" ? numberText(value) : word(value);
  const unitWord = unitText(unit);
  return unitWord ? `${written} ${unitWord}` : written;
}

export function numberText(value: number): string {
  const digits = Number.isInteger(value) ? 0 : Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  // Thousands by a thin space: a point or comma there would be the other language's decimal sign.
  const written = value.toLocaleString("en-US", { maximumFractionDigits: digits, useGrouping: "min2" }).replaceAll(",", "\u202f");
  return language() === "vi" ? written.replace(".", ",") : written;
}

/** `good`, or the quality with its reason: `uncertain – stale, not refreshed in time`. */
export function qualityText(quality: QualityWord, reason: string): string {
  if (reason === "none" || reason === "") return say(quality);
  return `${say(quality)} – ${word(reason, "r_")}`;
}

export interface Part {
  /** The point, when the rule tests several. */
  name: string;
  value: string;
  /** What it was held against. */
  limit: string;
}

/** What decided, in words: the value, and the limit it met. One part a test. */
export function causeParts(cause: Record<string, unknown>): Part[] {
  const tests = cause["tests"];
  if (Array.isArray(tests)) {
    return tests.map((test: Record<string, unknown>) => ({ name: String(test["point"] ?? ""), ...testText(test) }));
  }
  return Object.keys(cause).length === 0 ? [] : [{ name: "", ...testText(cause) }];
}

/** A cause on one line; empty where the value alone would say nothing. */
export function causeLine(cause: Record<string, unknown>): string {
  return causeParts(cause).filter((part) => part.limit).map((part) => `${part.value} · ${part.limit}`).join("; ");
}

function testText(cause: Record<string, unknown>): Omit<Part, "name"> {
  const unit = typeof cause["unit"] === "string" ? cause["unit"] : null;
  const value = valueText(scalar(cause["value"]), unit);
  const quality = typeof cause["quality"] === "string" && cause["quality"] !== "good"
    ? ` (${qualityText(cause["quality"] as QualityWord, String(cause["reason"] ?? ""))})`
    : "";
  return { value: `${value}${quality}`, limit: limitText(cause, unit) };
}

function limitText(cause: Record<string, unknown>, unit: string | null): string {
  const band = typeof cause["deadband"] === "number" ? `, ${say("c_deadband")} ${valueText(cause["deadband"], unit)}` : "";
  if ("above" in cause) return `${say("c_above")} ${valueText(scalar(cause["above"]), unit)}${band}`;
  if ("below" in cause) return `${say("c_below")} ${valueText(scalar(cause["below"]), unit)}${band}`;
  if (Array.isArray(cause["outside"])) return `${say("c_outside")} ${cause["outside"].map((v) => valueText(scalar(v))).join(" … ")} ${unitText(unit)}${band}`;
  // Of a yes or no the value alone says it all.
  if (typeof cause["is"] === "boolean") return "";
  if ("is" in cause) return `${say("c_is")}: ${valueText(scalar(cause["is"]), unit)}`;
  if ("is_not" in cause) return `${say("c_is_not")}: ${valueText(scalar(cause["is_not"]), unit)}`;
  if (Array.isArray(cause["one_of"])) return `${say("c_one_of")}: ${cause["one_of"].map((v) => valueText(scalar(v), unit)).join(", ")}`;
  if (typeof cause["stale_for_s"] === "number") return `${say("c_stale")} ${duration(cause["stale_for_s"] * 1000, language())}`;
  return "";
}

function scalar(value: unknown): Scalar | null {
  return typeof value === "number" || typeof value === "boolean" || typeof value === "string" ? value : null;
}

/** A sentence that was written in both languages, as the shipped rules do: `Gọi 114. / Call 114.` */
export function inTongue(written: string): string {
  const halves = written.split(/(?<=[.!?…])\s+\/\s+/);
  return (halves.length === 2 ? halves[language() === "vi" ? 0 : 1] : written) ?? written;
}
