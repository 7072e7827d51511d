import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { addValue, changeDocument, readDocument } from '../../src/documents/document.ts';
import { DocumentError } from '../../src/documents/errors.ts';
import { whyNotCarried } from '../../src/documents/new.ts';
import { DeliveryError } from '../../src/errors.ts';
import { everyPrintable, key, realKey } from './arbitraries.ts';

// Documents made at random: one value of each is changed, and every byte before and behind it stays.

/** A document, cut at the value: `before`, the value as it is written, `after`. */
interface Cut {
  readonly before: string;
  readonly value: string;
  readonly after: string;
}

const printable = fc.string({ unit: fc.constantFrom(...everyPrintable), maxLength: 20 });
const comment = printable.map((text) => `# ${text}`);
const lineEnd = fc.constantFrom('\n', '\n', '\r\n');
const secret = fc.oneof(realKey, key);

const plainText = fc.stringMatching(/^[A-Za-z0-9_./:@%+,-]{1,12}$/);
const singleQuoted = printable.map((text) => `'${text.replaceAll("'", '')}'`);
const doubleQuoted = printable.map((text) => `"${text.replace(/["\\$`]/g, '')}"`);
/** A value that a shell can read without running anything. */
const tameValue = fc.oneof(plainText, singleQuoted, doubleQuoted, fc.constant(''), fc.constant("'two\nlines'"));

const otherLine = (value: fc.Arbitrary<string>) =>
  fc.oneof(
    comment,
    fc.constantFrom('', '  ', 'HOME'),
    fc
      .record({ name: fc.constantFrom('A', 'B_1', 'API_KEY_2', 'MY_API_KEY', 'c'), value })
      .map(({ name, value }) => `${name}=${value}`),
    fc.record({ name: fc.constantFrom('D', 'E'), value }).map(({ name, value }) => `export ${name}=${value}`),
  );

const dotenv = (value: fc.Arbitrary<string>): fc.Arbitrary<Cut> =>
  fc
    .record({
      mark: fc.constantFrom('', '', '\ufeff'),
      above: fc.array(otherLine(value), { maxLength: 4 }),
      name: fc.constantFrom('API_KEY=', 'export API_KEY=', '  API_KEY='),
      old: fc.oneof(plainText, singleQuoted, doubleQuoted, fc.constantFrom('', '""', "o'l'd", '"o\\"l"d')),
      behind: fc.oneof(
        fc.constantFrom('', '  ', '; export API_KEY'),
        comment.map((text) => ` ${text}`),
      ),
      below: fc.array(otherLine(value), { maxLength: 4 }),
      end: lineEnd,
      closed: fc.boolean(),
    })
    .map(({ mark, above, name, old, behind, below, end, closed }) => ({
      before: mark + above.map((line) => line + end).join('') + name,
      value: old,
      after: behind + (below.length === 0 ? '' : end) + below.join(end) + (closed || below.at(-1) === '' ? end : ''),
    }));

/** Any text a field could hold, as YAML writes it on one line, in braces too. */
const yamlValue = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,12}$/),
  printable.map((text) => JSON.stringify(text)),
  printable.map((text) => `'${text.replaceAll("'", "''")}'`),
);

const yaml: fc.Arbitrary<Cut & { readonly section: string }> = fc
  .record({
    section: fc.constantFrom('data', 'stringData'),
    head: fc.array(
      fc.constantFrom('# x: "y', 'apiVersion: v1', 'metadata:\n  name: x # y', 'a: |\n  API_KEY: b2xk\n\n', 'b: [1, {c: d}]'),
      {
        maxLength: 3,
      },
    ),
    first: fc.array(yamlValue, { maxLength: 2 }),
    old: fc.oneof(
      fc.constantFrom('b2xk', '"b2xk"', "'b2xk'", '~'),
      fc.constantFrom('|-\n    b2xk', '>\n    b2xk\n    \n', '|\n    b2\n    xk'),
    ),
    behind: fc.oneof(
      fc.constant(''),
      comment.map((text) => ` ${text}`),
    ),
    last: fc.array(yamlValue, { maxLength: 2 }),
    flow: fc.boolean(),
    tail: fc.constantFrom('', 'type: Opaque', '# API_KEY: b2xk', '---\nkind: ConfigMap\ndata: {API_KEY: b2xk}'),
    end: lineEnd,
    mark: fc.constantFrom('', '\ufeff'),
  })
  .map(({ section, head, first, old, behind, last, flow, tail, end, mark }) => {
    const unique = head.filter((line, index) => head.indexOf(line) === index);
    const value = flow && old.includes('\n') ? 'b2xk' : old;
    const fieldsOf = (values: readonly string[], name: string) => values.map((text, index) => `${name}${index}: ${text}`);
    const above = ['kind: Secret', ...unique];
    const [start, stop] = flow
      ? [
          [`${section}: {`, ...fieldsOf(first, 'f').map((text) => `  ${text},`), '  API_KEY: '],
          ['', ...fieldsOf(last, 'l').map((text) => `  , ${text}`), '}'],
        ]
      : [
          [`${section}:`, ...fieldsOf(first, 'f').map((text) => `  ${text}`), '  API_KEY: '],
          [/\n/.test(value) ? '' : behind, ...fieldsOf(last, 'l').map((text) => `  ${text}`)],
        ];
    const cut = {
      before: `${mark}${[...above, ...start].join('\n')}`,
      value,
      after: `${stop.join('\n')}\n${tail}${tail === '' ? '' : '\n'}`,
    };
    const written = (text: string) => text.replaceAll('\n', end);
    return { section, before: written(cut.before), value: written(cut.value), after: written(cut.after) };
  });

const json: fc.Arbitrary<Cut> = fc
  .record({
    section: fc.constantFrom('data', 'stringData'),
    others: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 }),
    fields: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3 }),
    first: fc.boolean(),
    indent: fc.constantFrom('', ' ', '  ', '\t'),
    mark: fc.constantFrom('', '\ufeff', '\n'),
    end: fc.constantFrom('', '\n', '\r\n'),
  })
  .map(({ section, others, fields, first, indent, mark, end }) => {
    const reserved = ['kind', 'apiVersion', 'data', 'stringData', 'sops', '__proto__'];
    const rest = Object.entries(others).filter(([name]) => !reserved.includes(name));
    const known = Object.entries(fields).filter(([name]) => name !== 'API_KEY' && name !== '__proto__');
    const held = first ? [['API_KEY', 'b2xk-marker'], ...known] : [...known, ['API_KEY', 'b2xk-marker']];
    const text = JSON.stringify(
      Object.fromEntries([...rest, ['kind', 'Secret'], [section, Object.fromEntries(held)]]),
      null,
      indent,
    );
    const at = text.indexOf('"b2xk-marker"');
    const written = (part: string) => (end === '\r\n' ? part.replaceAll('\n', end) : part);
    return { before: mark + written(text.slice(0, at)), value: '"b2xk"', after: written(text.slice(at + 13)) + end };
  });

async function expectOneRegion({ before, value, after }: Cut, changed: string): Promise<void> {
  expect(changed.startsWith(before)).toBe(true);
  // A block scalar owns its last line end, and gives it to the value that comes in its place.
  const rest = /[\r\n]/.test(value) && after.startsWith('\r') ? after.slice(1) : after;
  expect(changed.endsWith(rest)).toBe(true);
  expect(changed.length).toBeGreaterThanOrEqual(before.length + rest.length);
}

async function expectChange(cut: Cut, newSecret: string): Promise<string> {
  const text = cut.before + cut.value + cut.after;
  const changed = await changeDocument(text, newSecret, { keyVar: 'API_KEY' });
  await expectOneRegion(cut, changed);
  expect((await readDocument(changed, { keyVar: 'API_KEY' })).secret).toBe(newSecret);
  return changed;
}

test('raw: the key alone is changed', async () => {
  const raw = fc.record({
    before: fc.constantFrom('', '\ufeff'),
    value: realKey,
    after: fc.constantFrom('', '\n', '\r\n', '\n\n'),
  });
  await fc.assert(
    fc.asyncProperty(raw, secret, async (cut, newSecret) => {
      fc.pre(whyNotCarried(newSecret, 'raw') === undefined);
      const changed = await changeDocument(cut.before + cut.value + cut.after, newSecret);
      expect(changed).toBe(cut.before + newSecret + cut.after);
      expect((await readDocument(changed)).secret).toBe(newSecret);
    }),
    { numRuns: 500 },
  );
});

test('dotenv: the value alone is changed', async () => {
  await fc.assert(
    fc.asyncProperty(dotenv(tameValue), secret, async (cut, newSecret) => void (await expectChange(cut, newSecret))),
    { numRuns: 1000 },
  );
});

test('dotenv: beside values of which readers think differently, the value alone is changed, or none', async () => {
  await fc.assert(
    fc.asyncProperty(dotenv(printable), secret, async (cut, newSecret) => {
      try {
        await expectChange(cut, newSecret);
      } catch (error) {
        // The new value may close quotes that were open before: no reader can be sure of such a file.
        if (!(error instanceof DocumentError || error instanceof DeliveryError)) throw error;
        // Only quotes, continued lines and what looks like no assignment make the rest of a file doubtful.
        expect(cut.before + cut.after).toMatch(/['"\\]|=[=>]/);
      }
    }),
    { numRuns: 1000 },
  );
});

test('Kubernetes Secret in YAML: the value alone is changed, and all else reads as before', async () => {
  await fc.assert(
    fc.asyncProperty(yaml, secret, async (cut, newSecret) => {
      const changed = await expectChange(cut, newSecret);
      const expected = documentsOf(cut.before + cut.value + cut.after);
      const written = cut.section === 'data' ? Buffer.from(newSecret).toString('base64') : newSecret;
      const [secretDocument] = expected;
      if (secretDocument !== undefined)
        secretDocument[cut.section] = { ...Object(secretDocument[cut.section]), API_KEY: written };
      expect(documentsOf(changed)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('Kubernetes Secret in JSON: the value alone is changed', async () => {
  await fc.assert(
    fc.asyncProperty(json, secret, async (cut, newSecret) => void (await expectChange(cut, newSecret))),
    { numRuns: 1000 },
  );
});

test('a value that is added is read back, and nothing before it has changed', async () => {
  const documents = fc.oneof(dotenv(tameValue), yaml, json);
  await fc.assert(
    fc.asyncProperty(documents, secret, async ({ before, value, after }, newSecret) => {
      const text = before + value + after;
      const added = await addValue(text, newSecret, { keyVar: 'ADDED' });
      expect((await readDocument(added, { keyVar: 'ADDED' })).secret).toBe(newSecret);
      const [start, end] = [commonStart(text, added), commonStart(reversed(text), reversed(added))];
      expect(start + end).toBeGreaterThanOrEqual(text.length);
    }),
    { numRuns: 1000 },
  );
});

test('what is no document is refused in peace, whatever it is', async () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'kind: Secret\ndata{}[]|>&*!#"\'=-AB \t\r'), maxLength: 60 }),
    fc
      .array(
        fc.constantFrom('kind: Secret', 'stringData:', '  a: b', 'A=', "A='", '"', '{', '}', '---', '- x', '\\', '&x', '*x'),
        { maxLength: 8 },
      )
      .map((all) => all.join('\n')),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      try {
        const { secret: old, keyVar } = await readDocument(text);
        // What could be read can be changed.
        const changed = await changeDocument(text, 'newkey', keyVar === undefined ? {} : { keyVar });
        expect((await readDocument(changed)).secret).toBe('newkey');
        expect(await changeDocument(changed, old)).toBeTypeOf('string');
      } catch (error) {
        if (!(error instanceof DocumentError)) throw error;
      }
    }),
    { numRuns: 1500 },
  );
});

const folder = mkdtempSync(join(tmpdir(), 'sts-properties-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('dotenv: a shell reads the new key, and of all other variables what it read before', () => {
  const names = ['A', 'B_1', 'API_KEY_2', 'MY_API_KEY', 'c', 'D', 'E'];
  const script = `for file in "$@"; do (unset HOME ${names.join(' ')}; . "$file" 2>&1; printf '%s\\0' "$API_KEY" ${names.map((name) => `"$${name}"`).join(' ')}); done`;
  const read = (paths: readonly string[]) => execFileSync('sh', ['-c', script, 'sh', ...paths], { encoding: 'utf8' }).split('\0');
  const cases = fc
    .sample(fc.record({ cut: dotenv(tameValue), newSecret: secret }), 400)
    // A shell knows no byte order mark, and a name alone is a command to it.
    .filter(({ cut: { before, after } }) => !/\ufeff|\r|^HOME$/m.test(before + after));
  expect(cases.length).toBeGreaterThan(20);
  return Promise.all(
    cases.map(async ({ cut: { before, value, after }, newSecret }, index) => {
      const [old, changed] = [join(folder, `${index}.old`), join(folder, `${index}.new`)];
      writeFileSync(old, before + value + after);
      writeFileSync(changed, await changeDocument(before + value + after, newSecret, { keyVar: 'API_KEY' }));
      return { old, changed, newSecret };
    }),
  ).then((files) => {
    const [olds, news] = [read(files.map(({ old }) => old)), read(files.map(({ changed }) => changed))];
    const expected = olds.map((value, index) =>
      index % (names.length + 1) === 0 ? (files[index / (names.length + 1)]?.newSecret ?? '') : value,
    );
    expect(news).toEqual(expected);
  });
});

function documentsOf(text: string): Record<string, unknown>[] {
  const documents = parseAllDocuments(text);
  return 'empty' in documents ? [] : documents.map((document) => document.toJS());
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}
