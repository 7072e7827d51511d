import fc from 'fast-check';
import { parse } from 'lossless-json';
import { expect, test } from 'vitest';
import { decodeJson } from '../../src/api/decode.ts';

function decoded(text: string): unknown {
  try {
    return { value: decodeJson(Buffer.from(text)) };
  } catch (error) {
    return error instanceof SyntaxError ? 'no JSON' : error;
  }
}

/** The same by nothing but the exact reader. */
function expected(original: string): unknown {
  const text = new TextDecoder().decode(Buffer.from(original));
  const parseNumber = (digits: string) => (/^-?\d{1,30}$/.test(digits) ? BigInt(digits) : Number(digits));
  try {
    return { value: parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue }) };
  } catch {
    return 'no JSON';
  }
}

test.each([
  ['{"id":9007199254740993}', { id: 9007199254740993n }],
  ['{"id":-9223372036854775808,"name":"9007199254740993"}', { id: -9223372036854775808n, name: '9007199254740993' }],
  ['{"id":1,"name":"v1.2 build 20260101010101001"}', { id: 1n, name: 'v1.2 build 20260101010101001' }],
  ['{"id":9007199254740993,"name":"a\\"b, 12345678901234567"}', { id: 9007199254740993n, name: 'a"b, 12345678901234567' }],
  ['{"id":"\\ue0009007199254740993","n":9007199254740993}', { id: '\ue0009007199254740993', n: 9007199254740993n }],
  ['{"id":"\\ue000x"}', { id: '\ue000x' }],
  ['{"a":1.5,"b":1e3,"c":-0,"d":1.0}', { a: 1.5, b: 1000, c: 0n, d: 1 }],
  ['{"a":1,"a":2}', { a: 2n }],
  ['[1,[2,{"b":[3]}],null,true]', [1n, [2n, { b: [3n] }], null, true]],
  ['9223372036854775808', 9223372036854775808n],
])('%s keeps its digits', (text, value) => {
  expect(decoded(text)).toEqual({ value });
});

test.each(['{"id":007}', '{"id":0123456789012345678}', '{"id":1234567890123456x}', '{"id":--1}', '{', '', 'nul'])(
  '%s is no JSON',
  (text) => {
    expect(decoded(text)).toBe('no JSON');
  },
);

test('whatever is read fast is read as the exact reader has it', () => {
  const number = fc.oneof(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
    fc.constantFrom('1.0', '1e5', '-0', '9007199254740993.5', '1234567890123456E3', `1${'0'.repeat(40)}`),
  );
  const string = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('\ue000', '\ue0001', '1.5', '12345678901234567', 'a"12345678901234567', '\\', '__proto__', '"', 'v1.2.3'),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      number,
      string.map((text) => JSON.stringify(text)),
      fc.constantFrom('null', 'true', 'false'),
      fc.array(tie('value') as fc.Arbitrary<string>, { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(string, tie('value') as fc.Arbitrary<string>), { maxLength: 4 })
        .map((members) => `{${members.map(([key, member]) => `${JSON.stringify(key)}:${member}`).join(',')}}`),
    ),
  }));
  const damaged = fc
    .tuple(value as fc.Arbitrary<string>, fc.nat(), fc.constantFrom('', '"', '1', '\\', '.', ','))
    .map(([text, at, by]) => {
      const position = at % (text.length + 1);
      return text.slice(0, position) + by + text.slice(position + 1);
    });
  fc.assert(
    fc.property(fc.oneof(value as fc.Arbitrary<string>, damaged), (text) => {
      expect(decoded(text)).toEqual(expected(text));
    }),
    { numRuns: 5000 },
  );
});
