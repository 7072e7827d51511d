import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible } from '../src/escape.ts';
import { jsonBlocks, OpenDocument, toJson } from '../src/json.ts';

const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 12 });
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(text, tie('tree'), { maxKeys: 4 }),
  ),
}));

test('a document is indented by two spaces, its keys sorted, with a newline at the end', () => {
  expect(toJson({ name: 'ci', id: 9223372036854775807n, description: undefined, apiKey: 'k' })).toBe(
    '{\n  "apiKey": "k",\n  "id": 9223372036854775807,\n  "name": "ci"\n}\n',
  );
});

test('empty lists and objects stay on one line', () => {
  expect(toJson({ a: [], b: {}, c: { d: undefined } })).toBe('{\n  "a": [],\n  "b": {},\n  "c": {}\n}\n');
});

test('what is written is read back equal', () => {
  // Compared as JSON.stringify writes it, which settles a key named __proto__ as well.
  fc.assert(
    fc.property(tree, (value) => void expect(sorted(JSON.parse(toJson(value)))).toBe(sorted(JSON.parse(JSON.stringify(value))))),
  );
});

test('integers of any size keep their digits', () => {
  fc.assert(fc.property(fc.bigInt(), (id) => void expect(toJson([id])).toBe(`[\n  ${id}\n]\n`)));
});

test('no character reaches a terminal raw that should not', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const lines = toJson(value).split('\n');
      expect(lines.map(visible)).toEqual(lines);
    }),
  );
  expect(toJson('\u007f\u009b31m\u202e\u2028\ufeff\ud800')).toBe('"\\u007f\\u009b31m\\u202e\\u2028\\ufeff\\ud800"\n');
});

test('keys are sorted by their bytes', () => {
  expect(Object.keys(JSON.parse(toJson({ '\u{1f600}': 1, '\u{ff5e}': 2, b: 3, B: 4 })))).toEqual([
    'B',
    'b',
    '\u{ff5e}',
    '\u{1f600}',
  ]);
});

test.each([0, 1, 499, 500, 501, 1500])('%i rows in blocks are the same document', (count) => {
  const rows = Array.from({ length: count }, (_, index) => ({ name: `key-${index}`, id: BigInt(index), tags: ['a'] }));
  const blocks = [...jsonBlocks('ingestion-api-keys', rows)];
  expect(blocks.join('')).toBe(toJson({ 'ingestion-api-keys': rows }));
  expect(blocks).toHaveLength(Math.floor(count / 500) + 1);
});

test('a function has no JSON form', () => {
  expect(() => toJson({ name: () => 'ci' })).toThrow(TypeError);
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member) ? Object.entries(member).sort() : member,
  );
}

test('a document in two parts is, put together, what it is in one; each part is sorted by itself', () => {
  const members = fc.dictionary(text, tree, { maxKeys: 3 });
  fc.assert(
    fc.property(members, members, (first, second) => {
      const document = new OpenDocument();
      const written = document.begin(first) + document.end(second);
      const shared = Object.keys(first).some((name) => Object.hasOwn(second, name));
      if (!shared) expect(toJson(JSON.parse(written))).toBe(toJson({ ...first, ...second }));
      if (Object.keys(second).length === 0) expect(written).toBe(toJson(first));
      if (Object.keys(first).length === 0) expect(written).toBe(toJson(second));
    }),
  );
});

test('a document that is begun and gets nothing more is whole', () => {
  const document = new OpenDocument();
  expect(document.begin({ b: 1, a: [2] })).toBe('{\n  "a": [\n    2\n  ],\n  "b": 1');
  expect(document.end()).toBe('\n}\n');
});
