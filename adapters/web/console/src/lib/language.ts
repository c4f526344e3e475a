// Which language is spoken now, remembered by the browser; the site's own until somebody chooses.

import type { Text } from "../api/protocol.ts";
import type { Language } from "./time.ts";
import { type Word, WORDS } from "./words.ts";

const KEY = "citywatch.language";
let now: Language = remembered() ?? "vi";

function remembered(): Language | null {
  const kept = localStorage.getItem(KEY);
  return kept === "vi" || kept === "en" ? kept : null;
}

export function language(): Language {
  return now;
}

/** Speak the site's language unless a person chose one before. */
export function speakAs(site: string): void {
  if (remembered() === null) turn(site === "en" ? "en" : "vi");
}

export function choose(wanted: Language): void {
  localStorage.setItem(KEY, wanted);
  turn(wanted);
}

function turn(wanted: Language): void {
  now = wanted;
  document.documentElement.lang = wanted;
}

/** The console's own words. */
export function say(word: Word): string {
  return WORDS[word][now === "vi" ? 0 : 1];
}

/** Words that came from the site. */
export function text(of: Text): string {
  return now === "vi" ? of.vi : of.en;
}

/** A word of a closed list of the hub's; one this console does not know yet is shown as it came. */
export function word(name: string, prefix = ""): string {
  const key = `${prefix}${name}`;
  return Object.hasOwn(WORDS, key) ? say(key as Word) : name;
}
