import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../src/errors.ts';
import { compareBytes, digitsOf, parseId, sortByBytes } from '../src/ids.ts';

const MAX = 2n ** 63n - 1n;

test('every positive int64 is read digit for digit', () => {
  fc.assert(fc.property(fc.bigInt({ min: 1n, max: MAX }), (id) => void expect(parseId(id.toString())).toBe(id)));
  expect(parseId('9223372036854775807')).toBe(MAX);
});

test.each([
  '',
  '0',
  '-1',
  '+1',
  '010',
  '0x10',
  '1e3',
  '1.0',
  ' 1',
  '1 ',
  '1\n',
  '1_000',
  '١',
  '9223372036854775808',
  '99999999999999999999',
])('%j is no id', (text) => {
  expect(() => parseId(text)).toThrow(UsageError);
  expect(() => parseId(text)).toThrow(JSON.stringify(text).includes('\\') ? '--id takes the id of a key' : `not "${text}"`);
});

test('whatever is taken for an id is printed back the same', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+ 0-9ex.]{1,22}$/)), (text) => {
      let id: bigint;
      try {
        id = parseId(text);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        return;
      }
      expect(id.toString()).toBe(text);
      expect(id >= 1n && id <= MAX).toBe(true);
    }),
  );
});

test('names are ordered as their UTF-8 bytes are', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'B', 'é', '\u{ff5e}', '\u{e000}', '\u{1f600}', '\u{10ffff}', '\ud83d'),
    maxLength: 6,
  });
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
});

test('a list is sorted as its texts compare by bytes, whether or not there are surrogates among them', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', 'é', '\ue000', '\uffff', '😀', '\ud800') });
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const items = texts.map((name, place) => ({ name, place }));
      const expected = [...items].sort((a, b) => compareBytes(a.name, b.name));
      expect(sortByBytes([...items], ({ name }) => name)).toEqual(expected);
    }),
  );
});

test.each([0n, 1n, -1n, 9007199254740991n, 9007199254740992n, 9007199254740993n, 9223372036854775807n, -9223372036854775808n])(
  '%s keeps its digits',
  (id) => expect(digitsOf(id)).toBe(id.toString()),
);
