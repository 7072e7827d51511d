import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible } from '../src/escape.ts';

const unit = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 40 });
const clean = /^[\u0020-\u007e\u00a0-\u061b\u0620-\u200a]*$/;
const bidi = [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];
const unsafeCodes = [...range(0, 0x1f), ...range(0x7f, 0x9f), 0x2028, 0x2029, ...bidi, 0xfeff, 0xd800, 0xdbff, 0xdc00, 0xdfff];

test.each(unsafeCodes)('U+%i is shown as its escape', (code) => {
  const shown = `\\u${code.toString(16).padStart(4, '0')}`;
  expect(visible(`a${String.fromCharCode(code)}b`)).toBe(`a${shown}b`);
});

test('no text leaves a control, separator, bidirectional control or lone surrogate in what is shown', () => {
  const bad = new Set(unsafeCodes.filter((code) => code < 0xd800 || code === 0xfeff));
  fc.assert(
    fc.property(unit, (text) => {
      const shown = visible(text);
      expect([...shown].filter((character) => bad.has(character.codePointAt(0) ?? 0))).toEqual([]);
      // Half a pair does not survive UTF-8.
      expect(Buffer.from(shown).toString()).toBe(shown);
    }),
    { numRuns: 2000 },
  );
});

test('clean text stays as it is', () => {
  for (const text of ['', 'ci', 'Grüße', '日本語', '👩‍👩‍👧 🇳🇱', 'e\u0301', 'a\\u001bb', '𝒳']) expect(visible(text)).toBe(text);
  fc.assert(fc.property(fc.stringMatching(clean), (text) => void expect(visible(text)).toBe(text)));
});

test('showing twice changes nothing', () => {
  fc.assert(fc.property(unit, (text) => void expect(visible(visible(text))).toBe(visible(text))));
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
