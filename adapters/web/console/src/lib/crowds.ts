// Crowds on the map: devices that would lie on top of each other are drawn as one sign, the worst of them, with their number.

/** What stands somewhere in pixels of the present zoom. */
export interface Placed { id: string; x: number; y: number }

export interface Crowd<T extends Placed> { id: string; x: number; y: number; members: T[] }

/** Side of a cell, pixels: wider than a sign with its number, so that neighbours seldom touch. */
export const CELL = 64;

/** Gather what stands in the same cell; `alone` of them or fewer stay by themselves. The order is that of the places. */
export function crowds<T extends Placed>(placed: readonly T[], alone: number): Crowd<T>[] {
  const cells = new Map<string, T[]>();
  for (const one of placed) {
    const key = `${Math.floor(one.x / CELL)} ${Math.floor(one.y / CELL)}`;
    const there = cells.get(key);
    if (there) there.push(one);
    else cells.set(key, [one]);
  }
  const found: Crowd<T>[] = [];
  for (const [key, members] of cells) {
    if (members.length <= alone) found.push(...members.map((one) => ({ id: one.id, x: one.x, y: one.y, members: [one] })));
    else found.push({ id: `crowd ${key}`, x: mean(members, "x"), y: mean(members, "y"), members });
  }
  return found;
}

function mean<T extends Placed>(members: readonly T[], axis: "x" | "y"): number {
  return members.reduce((sum, one) => sum + one[axis], 0) / members.length;
}
