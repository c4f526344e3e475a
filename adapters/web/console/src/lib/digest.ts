// The digest by which console and hub prove to each other that they hold the same rows (docs/reference/websocket.md).

const BASIS = 2166136261;
const PRIME = 16777619;
const encoder = new TextEncoder();

/** FNV-1a, 32 bits, of the text's UTF-8 bytes. */
export function fnv1a(text: string): number {
  let value = BASIS;
  for (const byte of encoder.encode(text)) value = Math.imul(value ^ byte, PRIME) >>> 0;
  return value;
}

/** The sum of the hashes of `key:rev` modulo 2³², eight lower-case hexadecimal digits. */
export function digest(rows: Iterable<readonly [key: string, rev: number]>): string {
  let sum = 0;
  for (const [key, rev] of rows) sum = (sum + fnv1a(`${key}:${rev}`)) >>> 0;
  return sum.toString(16).padStart(8, "0");
}
