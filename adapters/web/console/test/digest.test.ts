import assert from "node:assert/strict";
import { test } from "node:test";
import { digest } from "../src/lib/digest.ts";

test("the digest is the one the reference page gives", () => {
  assert.equal(digest([]), "00000000");
  assert.equal(digest([["a", 1]]), "dbbd3e69");
  assert.equal(digest([["a", 1], ["báo", 2]]), "41ed23e7");
});

test("the order of rows does not matter", () => {
  assert.equal(digest([["báo", 2], ["a", 1]]), "41ed23e7");
});
