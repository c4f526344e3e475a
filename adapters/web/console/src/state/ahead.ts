// A fire is shown before its turn: the newest row is on the screen, what the order of the stream says of it is kept beside.

/** Key → the row that stands in the stream's order so far; null when there is none. */
export type Ahead<Row> = ReadonlyMap<string, Row | null>;

/** The rows in the order of the stream: what a digest is made of. */
export function inOrder<Row>(rows: ReadonlyMap<string, Row>, ahead: Ahead<Row>): ReadonlyMap<string, Row> {
  if (ahead.size === 0) return rows;
  const told = new Map(rows);
  for (const [key, row] of ahead) {
    if (row === null) told.delete(key);
    else told.set(key, row);
  }
  return told;
}

/** Whether a change that comes in its turn is older than what is shown already. */
export function overtaken(shown: { rev: number } | undefined, rev: number): boolean {
  return shown !== undefined && rev < shown.rev;
}
