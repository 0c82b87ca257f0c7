import assert from "node:assert/strict";
import { test } from "node:test";

import { change, count, countChange, duration, percent, size } from "../src/app/units";

test("bytes have three digits and a unit of a thousand", () => {
  const expected: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [97_300_000, "97.3 MB"],
    [999_600, "1.00 MB"],
    [1_200_000_000, "1.20 GB"],
    [-2_500_000, "-2.50 MB"],
  ];
  for (const [amount, text] of expected) assert.equal(size(amount), text);
});

test("growth has its sign", () => {
  assert.equal(change(96_100_000), "+96.1 MB");
  assert.equal(change(-3), "−3 B");
  assert.equal(change(0), "0 B");
  assert.equal(countChange(1200), "+1,200");
  assert.equal(countChange(-7), "−7");
});

test("counts have separators, shares a percent sign", () => {
  assert.equal(count(41_207), "41,207");
  assert.equal(percent(0.657), "66 %");
  assert.equal(percent(0.004), "0.4 %");
  assert.equal(percent(0.0004), "<0.1 %");
  assert.equal(percent(Number.NaN), "? %");
});

test("time spans are in their two largest units", () => {
  const expected: [number, string][] = [
    [0, "0 s"],
    [0.0002, "<1 ms"],
    [0.003, "3 ms"],
    [0.013, "13 ms"],
    [0.653, "653 ms"],
    [1.24, "1.2 s"],
    [42, "42 s"],
    [245, "4 min 05 s"],
    [7440, "2 h 04 min"],
    [90_000, "1 d 01 h"],
  ];
  for (const [seconds, text] of expected) assert.equal(duration(seconds), text);
});
