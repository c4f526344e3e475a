// Times as the hub writes them, in the site's time zone. Written by us: a locale's short style is ambiguous on a wall.

export type Language = "vi" | "en";

const makers = new Map<string, Intl.DateTimeFormat>();

function maker(zone: string): Intl.DateTimeFormat {
  let made = makers.get(zone);
  if (!made) {
    made = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    makers.set(zone, made);
  }
  return made;
}

function parts(at: number, zone: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of maker(zone).formatToParts(at)) found[part.type] = part.value;
  return found;
}

/** ISO 8601 or milliseconds → milliseconds since 1970; NaN when it is neither. */
export function instant(at: string | number | null | undefined): number {
  if (at === null || at === undefined) return NaN;
  return typeof at === "number" ? at : Date.parse(at);
}

/** `24/11/2026 14:03:22` */
export function dateTime(at: number, zone: string): string {
  if (Number.isNaN(at)) return "–";
  const p = parts(at, zone);
  return `${p["day"]}/${p["month"]}/${p["year"]} ${p["hour"]}:${p["minute"]}:${p["second"]}`;
}

/** `14:03:22` */
export function timeOfDay(at: number, zone: string): string {
  return Number.isNaN(at) ? "–" : dateTime(at, zone).slice(11);
}

/** The time of day when it is today, the whole date otherwise. */
export function briefTime(at: number, now: number, zone: string): string {
  if (Number.isNaN(at)) return "–";
  const whole = dateTime(at, zone);
  return whole.slice(0, 10) === dateTime(now, zone).slice(0, 10) ? whole.slice(11) : whole;
}

/** How long, in at most two units: `8 s`, `3 min 20 s`, `2 h 05 min`, `4 d 3 h` (vi: giây, phút, giờ, ngày). */
export function duration(ms: number, language: Language): string {
  if (Number.isNaN(ms)) return "–";
  const [d, h, m, s] = language === "vi" ? ["ngày", "giờ", "phút", "giây"] : ["d", "h", "min", "s"];
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} ${s}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes >= 10 ? `${minutes} ${m}` : `${minutes} ${m} ${two(seconds % 60)} ${s}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} ${h} ${two(minutes % 60)} ${m}`;
  return `${Math.floor(hours / 24)} ${d} ${hours % 24} ${h}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
