import { expect, test } from 'vitest';
import { displayWidth, wrap } from '../../src/output/width.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['日本', 4],
  ['한글', 4],
  ['\u1112\u1161\u11ab', 2],
  ['ｱ', 1],
  ['✅', 2],
  ['⚠️', 2],
  ['👍🏽', 2],
  ['👩‍👩‍👧', 2],
  ['🇳🇱🇩🇪', 4],
  ['1️⃣', 2],
  ['กำ', 2],
  ['กิ', 1],
  ['a\u200bb', 2],
])('%j takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test.each([
  ['one two three', 8, ['one two', 'three']],
  ['one two', 7, ['one two']],
  ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['日本語日本', 5, ['日本', '語日', '本']],
  ['👩‍👩‍👧👩‍👩‍👧', 3, ['👩‍👩‍👧', '👩‍👩‍👧']],
  ['ab cdefghi', 4, ['ab', 'cdef', 'ghi']],
  ['', 4, ['']],
])('%j at %i columns is broken into %j', (text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});
