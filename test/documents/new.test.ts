import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readDocument } from '../../src/documents/document.ts';
import { KEY_FORMATS } from '../../src/documents/formats.ts';
import { newDocument, whyNotCarried } from '../../src/documents/new.ts';
import { usableSecret } from '../../src/documents/usable.ts';
import { DeliveryError } from '../../src/errors.ts';
import { everyPrintable, key, realKey, trickyKeys } from './arbitraries.ts';

const names = { keyVar: 'API_KEY', secretName: 'open-telemetry-collector' };

test('raw is the key and a newline, raw-no-newline the key alone', () => {
  expect(newDocument('abc', 'raw', names)).toBe('abc\n');
  expect(newDocument('abc', 'raw-no-newline', names)).toBe('abc');
});

test('a dotenv file of a real key has no quotes, which docker would take for a part of it', () => {
  fc.assert(
    fc.property(realKey, (secret) => {
      expect(newDocument(secret, 'dotenv', { ...names, keyVar: 'STS_API_KEY' })).toBe(`STS_API_KEY=${secret}\n`);
    }),
  );
});

test('a Secret is YAML that holds the exact key, for keys of every printable character', () => {
  const check = (secret: string) => {
    const text = newDocument(secret, 'kubernetes-secret', { ...names, namespace: 'open-telemetry' });
    expect(parse(text, { version: '1.2', strict: true })).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'open-telemetry-collector', namespace: 'open-telemetry' },
      type: 'Opaque',
      stringData: { API_KEY: secret },
    });
    expect(parse(text, { version: '1.1' }).stringData).toEqual({ API_KEY: secret });
  };
  check(everyPrintable.trim());
  for (const tricky of trickyKeys) check(tricky);
  fc.assert(fc.property(key, check), { numRuns: 500 });
});

test('a Secret without a namespace has none', () => {
  expect(parse(newDocument('k', 'kubernetes-secret', names)).metadata).toEqual({ name: 'open-telemetry-collector' });
});

test.each([...KEY_FORMATS])('a new document of %s gives back the key, for all keys that it can carry', async (format) => {
  const check = async (secret: string) => {
    const reason = whyNotCarried(secret, format);
    if (reason !== undefined) {
      expect(format).toMatch(/^raw/);
      expect(() => newDocument(secret, format, names)).toThrow(DeliveryError);
      return;
    }
    expect(await readDocument(newDocument(secret, format, names))).toMatchObject({ format, secret });
  };
  for (const tricky of trickyKeys) await check(tricky);
  await fc.assert(fc.asyncProperty(key, check), { numRuns: 1000 });
  await fc.assert(
    fc.asyncProperty(realKey, async (secret) => {
      expect(await readDocument(newDocument(secret, format, names))).toMatchObject({ format, secret });
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a blank', 'a b', /blanks/],
  ['an assignment', 'a=b', /NAME=value/],
  ['a variable without a value', 'API_KEY=', /NAME=value/],
  ['a comment', '#a', /comment/],
  ['a JSON object', '{"a":1}', /JSON/],
  ['the beginning of one', '{"a":1', /JSON/],
  ['a JSON string', '"a"', /JSON/],
])('raw does not carry what would be read as %s; dotenv and a Secret do', async (_, secret, reason) => {
  for (const format of ['raw', 'raw-no-newline'] as const) {
    expect(whyNotCarried(secret, format)).toMatch(reason);
    expect(() => newDocument(secret, format, names)).toThrow(reason);
  }
  for (const format of ['dotenv', 'kubernetes-secret'] as const) {
    expect((await readDocument(newDocument(secret, format, names))).secret).toBe(secret);
  }
});

test.each(['abc=', 'aGVsbG8gd29ybA=='].map((secret) => [secret === 'abc=' ? 'aBc=' : secret]))(
  'raw carries base64 with its padding: %s',
  async (secret) => expect((await readDocument(newDocument(secret, 'raw', names))).secret).toBe(secret),
);

test.each([
  ['nothing', '', /empty/],
  ['blanks', '  ', /empty/],
  ['a masked key', '****', /masked/],
  ['a key masked but for its end', 'iapikeyok-********abcd', /masked/],
  ['a few asterisks', '**', /masked/],
  ['more than 8 KiB', 'x'.repeat(8193), /longer/],
  ['a line break', 'a\nb', /line break/],
  ['NUL', 'a\0b', /control/],
  ['DEL', 'a\x7fb', /control/],
  ['an umlaut', 'schlüssel', /ASCII/],
  ['a zero-width space', 'a\u200bb', /ASCII/],
  ['a blank at the beginning', ' a', /blank/],
  ['a blank at the end', 'a ', /blank/],
  ['what Helm fills in', '{{ .Values.apiKey }}', /placeholder/],
  ['what envsubst fills in', '$' + '{API_KEY}', /placeholder/],
  ['what sops encrypted', 'ENC[AES256_GCM,data:x,type:str]', /sops/],
])('%s is no key, and no format carries it', (_, secret, reason) => {
  expect(usableSecret(secret)).toMatch(reason);
  for (const format of KEY_FORMATS) expect(() => newDocument(secret, format, names)).toThrow(DeliveryError);
});

test('any other printable text is a key', () => {
  for (const secret of ['x', 'x'.repeat(8192), everyPrintable.trim(), 'a*b', 'a***b'])
    expect(usableSecret(secret)).toBeUndefined();
  const unmasked = fc.stringMatching(/^[!-)+-z|~][ -)+-z|~]{0,60}[!-)+-z|~]$/);
  fc.assert(fc.property(unmasked, (secret) => void expect(usableSecret(secret)).toBeUndefined()));
});
