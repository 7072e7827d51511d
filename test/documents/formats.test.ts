import { expect, test } from 'vitest';
import {
  checkKeyFormat,
  checkKeyVar,
  checkNamespace,
  checkSecretName,
  KEY_FORMATS,
  type KeyFormat,
} from '../../src/documents/formats.ts';
import { UsageError } from '../../src/errors.ts';

test('every format is one', () => expect(KEY_FORMATS.map(checkKeyFormat)).toEqual([...KEY_FORMATS]));

test.each<[value: string, format: KeyFormat | undefined]>([
  ['API_KEY', 'dotenv'],
  ['_x', 'dotenv'],
  ['a1', 'dotenv'],
  ['_', 'dotenv'],
  ['sts-api-key', 'kubernetes-secret'],
  ['tls.crt', 'kubernetes-secret'],
  ['1', 'kubernetes-secret'],
  ['x'.repeat(253), 'kubernetes-secret'],
  // Before the format is known, whatever one of them takes.
  ['sts-api-key', undefined],
])('--key-var %j names a value of %s', (value, format) => expect(checkKeyVar(value, format)).toBe(value));

test.each(['otel', 'sts.agent', 'a-1', 'x'.repeat(253)])('--secret-name %j names a Secret', (value) => {
  expect(checkSecretName(value)).toBe(value);
});

test.each(['open-telemetry', 'x'.repeat(63)])('--namespace %j names a namespace', (value) => {
  expect(checkNamespace(value)).toBe(value);
});

const refused: readonly (readonly [flag: string, () => unknown, near: string | undefined])[] = [
  ['--key-format yaml', () => checkKeyFormat('yaml'), undefined],
  ['--key-format dotnev', () => checkKeyFormat('dotnev'), 'dotenv'],
  ['--key-format kubernetes', () => checkKeyFormat('kubernetes'), 'kubernetes-secret'],
  ['--key-format raw-no-new-line', () => checkKeyFormat('raw-no-new-line'), 'raw-no-newline'],
  ['--key-var A-B', () => checkKeyVar('A-B', 'dotenv'), '--key-var A_B'],
  ['--key-var sts.api-key', () => checkKeyVar('sts.api-key', 'dotenv'), '--key-var sts_api_key'],
  ['--key-var 1A', () => checkKeyVar('1A', 'dotenv'), '--key-var _1A'],
  ['--key-var A=1', () => checkKeyVar('A=1', 'dotenv'), '--key-var A_1'],
  ['--key-var é', () => checkKeyVar('é', 'dotenv'), undefined],
  ['--key-var (empty)', () => checkKeyVar('', 'dotenv'), undefined],
  ['--key-var a/b', () => checkKeyVar('a/b', 'kubernetes-secret'), '--key-var a_b'],
  ['--key-var ..', () => checkKeyVar('..', 'kubernetes-secret'), undefined],
  ['--key-var ..x', () => checkKeyVar('..x'), '--key-var .x'],
  ['--key-var (long)', () => checkKeyVar('x'.repeat(254)), undefined],
  ['--secret-name My_Secret', () => checkSecretName('My_Secret'), '--secret-name my-secret'],
  ['--secret-name -a', () => checkSecretName('-a'), '--secret-name a'],
  ['--secret-name a..b', () => checkSecretName('a..b'), undefined],
  ['--secret-name (empty)', () => checkSecretName(''), undefined],
  ['--secret-name (long)', () => checkSecretName('x'.repeat(254)), undefined],
  ['--namespace a.b', () => checkNamespace('a.b'), '--namespace a-b'],
  ['--namespace OTel', () => checkNamespace('OTel'), '--namespace otel'],
  ['--namespace (long)', () => checkNamespace('x'.repeat(64)), undefined],
];

test.each(refused)('%s is refused, with the nearest right one', (_, check, near) => {
  let failure: unknown;
  try {
    check();
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(UsageError);
  const hints = failure instanceof UsageError ? failure.hints : [];
  expect(hints.find((hint) => hint.startsWith('Did you mean'))).toBe(near === undefined ? undefined : `Did you mean ${near}?`);
  expect(hints.length).toBeGreaterThan(0);
});
