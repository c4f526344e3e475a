import assert from "node:assert/strict";
import { test } from "node:test";
import { CELL, crowds } from "../src/lib/crowds.ts";

const at = (id: string, x: number, y: number) => ({ id, x, y });

test("few in one cell stand by themselves", () => {
  const found = crowds([at("a", 1, 1), at("b", 2, 2)], 2);
  assert.deepEqual(found.map((crowd) => crowd.id), ["a", "b"]);
});

test("many in one cell are one crowd in their middle, and nobody is lost", () => {
  const found = crowds([at("a", 0, 0), at("b", 10, 20), at("c", 20, 10), at("far", 5 * CELL, 0)], 2);
  assert.deepEqual(found.map((crowd) => crowd.members.map((one) => one.id)), [["a", "b", "c"], ["far"]]);
  assert.deepEqual([found[0]?.x, found[0]?.y], [10, 10]);
});

test("a crowd keeps its name while its members stay in their cell", () => {
  const [before] = crowds([at("a", 1, 1), at("b", 2, 2), at("c", 3, 3)], 2);
  const [after] = crowds([at("a", 9, 9), at("b", 2, 2), at("c", 3, 3)], 2);
  assert.equal(before?.id, after?.id);
});
