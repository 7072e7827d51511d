import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  checkKeyFormat,
  checkKeyVar,
  checkNamespace,
  checkSecretName,
  formatKeyDocument,
  KEY_FORMATS,
} from '../../src/delivery/format.ts';
import { parseKeyDocument } from '../../src/delivery/parse.ts';
import { UsageError } from '../../src/errors.ts';

const names = { keyVar: 'API_KEY', secretName: 'open-telemetry-collector' };
const folder = mkdtempSync(join(tmpdir(), 'sts-format-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const everyPrintable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join('');
/** Any text a key could be made of: printable ASCII above all, and what is printable beyond it. */
const printable = fc.string({
  unit: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...everyPrintable) },
    { weight: 1, arbitrary: fc.constantFrom('é', '日', '🔑', '\u00a0', '\u00ad', '\u200b', '\u2060', '\ufeff', '\u{e0001}') },
  ),
  minLength: 1,
  maxLength: 60,
});
const realKey = fc.stringMatching(/^[A-Za-z0-9_-]{1,60}={0,2}$/);

test('a Secret is YAML 1.2 that holds the exact key, for keys of every printable character', () => {
  const check = (key: string) => {
    const text = formatKeyDocument(key, 'kubernetes-secret', { ...names, namespace: 'open-telemetry' });
    expect(parse(text, { version: '1.2', strict: true })).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'open-telemetry-collector', namespace: 'open-telemetry' },
      type: 'Opaque',
      stringData: { API_KEY: key },
    });
    expect(parse(text, { version: '1.1' }).stringData).toEqual({ API_KEY: key });
  };
  check(everyPrintable);
  for (const tricky of [
    'true',
    'null',
    '~',
    '1e3',
    '0x10',
    '2026-01-01',
    '- a',
    '*a',
    '&a',
    '!a',
    '{',
    '%',
    '@',
    '#',
    ' a ',
    'a: b',
  ])
    check(tricky);
  fc.assert(fc.property(printable, check), { numRuns: 2000 });
});

test('a Secret without a namespace has none', () => {
  expect(parse(formatKeyDocument('k', 'kubernetes-secret', names)).metadata).toEqual({ name: 'open-telemetry-collector' });
});

test.each([
  ['sh', []],
  ['bash', ['--norc', '--noprofile']],
])('a dotenv file sourced by %s gives the exact key, for keys of every printable character', (shell, flags) => {
  // One shell reads many files: starting one for each key would take the time.
  const keys = [
    everyPrintable,
    '$(touch ran)',
    '`id`',
    '$HOME',
    "it's",
    '"',
    '\\',
    '!!',
    '~',
    '#',
    ' a ',
    ...fc.sample(printable, 400),
  ];
  const paths = keys.map((key, index) => {
    const path = join(folder, `${shell}-${index}.env`);
    writeFileSync(path, formatKeyDocument(key, 'dotenv', names));
    return path;
  });
  const script = 'for file in "$@"; do API_KEY=; . "$file"; printf "%s\\0" "$API_KEY"; done';
  const read = execFileSync(shell, [...flags, '-c', script, shell, ...paths], { cwd: folder, encoding: 'utf8' });
  expect(read.split('\0').slice(0, -1)).toEqual(keys);
});

test('a dotenv file of a real key is the same to readers that know no quotes, such as docker', () => {
  fc.assert(
    fc.property(realKey, (key) => {
      expect(formatKeyDocument(key, 'dotenv', { ...names, keyVar: 'STS_API_KEY' })).toBe(`STS_API_KEY=${key}\n`);
    }),
  );
});

test('raw is the key and a newline', () => {
  fc.assert(fc.property(printable, (key) => void expect(formatKeyDocument(key, 'raw', names)).toBe(`${key}\n`)));
});

test.each([...KEY_FORMATS])('what is written as %s is read back, told apart by content', async (format) => {
  await fc.assert(
    fc.asyncProperty(realKey, async (key) => {
      expect(await parseKeyDocument(formatKeyDocument(key, format, names))).toBe(key);
    }),
    { numRuns: 500 },
  );
});

test.each(['dotenv', 'kubernetes-secret'] as const)('%s gives back any printable key', async (format) => {
  const visibleKey = printable.filter((key) => !/\s/.test(key));
  await fc.assert(
    fc.asyncProperty(visibleKey, async (key) => {
      expect(await parseKeyDocument(formatKeyDocument(key, format, names))).toBe(key);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['Windows line ends', 'API_KEY=abc\r\n', 'abc'],
  ['a byte order mark', '\ufeffabc\n', 'abc'],
  ['no newline', 'abc', 'abc'],
  ['blank lines at the end', 'abc\n\n', 'abc'],
  ['export', 'export STS_API_KEY="a#b"\n', 'a#b'],
  ['a comment behind the value', 'API_KEY=abc # the key\n', 'abc'],
  ['a comment behind quotes', 'API_KEY="abc" # the key\n', 'abc'],
  ['comments', '# the key\n\nAPI_KEY=abc\n', 'abc'],
  ['a value that has an equals sign', 'API_KEY=abc==\n', 'abc=='],
  ['a raw key with padding', 'abc==\n', 'abc=='],
  ['a raw key that begins with a brace', '{abc}\n', '{abc}'],
  ['a Secret from kubectl, base64', 'apiVersion: v1\nkind: Secret\ndata:\n  API_KEY: YWJj\n', 'abc'],
  ['a Secret as JSON', '{"apiVersion":"v1","kind":"Secret","data":{"API_KEY":"YWJjCg=="}}', 'abc'],
  ['a Secret of both forms', 'kind: Secret\ndata: {A: eHh4}\nstringData: {A: abc}\n', 'abc'],
])('%s is understood', async (_, text, key) => {
  expect(await parseKeyDocument(text)).toBe(key);
});

test.each([
  ['nothing', ''],
  ['blanks', ' \n'],
  ['two variables', 'A=x\nB=y\n'],
  ['several lines', 'secret\nsecret2\n'],
  ['a variable and more', 'A=secret\nnonsense\n'],
  ['an empty variable', 'API_KEY=""\n'],
  ['a variable as YAML writes it', 'API_KEY: secret\n'],
  ['blanks around the equals sign', 'API_KEY = secret\n'],
  ['a byte that is no text', 'secret\0\n'],
  ['a Secret without fields', 'kind: Secret\n'],
  ['a Secret of two fields', 'kind: Secret\nstringData: {a: secret1, b: secret2}\n'],
  ['another object', 'apiVersion: v1\nkind: ConfigMap\ndata: {a: secret}\n'],
  ['broken YAML', 'kind: Secret\nstringData: {a: "secret\n'],
])('%s is refused without being quoted', async (_, text) => {
  const failure = await parseKeyDocument(text).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(JSON.stringify(failure)).not.toContain('secret');
  expect(String(failure)).not.toMatch(/secret\d|=x|"secret/);
});

test('flags take only what their format can carry', () => {
  expect(KEY_FORMATS.map(checkKeyFormat)).toEqual([...KEY_FORMATS]);
  for (const name of ['API_KEY', '_x', 'a1']) expect(checkKeyVar(name)).toBe(name);
  for (const name of ['otel', 'sts.agent', 'a-1', 'x'.repeat(253)]) expect(checkSecretName(name)).toBe(name);
  for (const name of ['open-telemetry', 'x'.repeat(63)]) expect(checkNamespace(name)).toBe(name);
  for (const bad of ['', '1A', 'A-B', 'A B', 'A=1', 'é']) expect(() => checkKeyVar(bad)).toThrow(UsageError);
  for (const bad of ['', 'A', '-a', 'a-', 'a..b', 'a b', 'x'.repeat(254)]) expect(() => checkSecretName(bad)).toThrow(UsageError);
  for (const bad of ['', 'a.b', 'A', 'x'.repeat(64)]) expect(() => checkNamespace(bad)).toThrow(UsageError);
  expect(() => checkKeyFormat('yaml')).toThrow(UsageError);
});
