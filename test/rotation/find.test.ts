import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { IngestionApiKey } from '../../src/api/model.ts';
import { NotFoundError, StsError, UsageError } from '../../src/errors.ts';
import { exclusively } from '../../src/rotation/exclusive.ts';
import { findKey, successorOf } from '../../src/rotation/find.ts';
import { supersededKeys } from '../../src/rotation/superseded.ts';
import { tempFolder } from '../support/temp.ts';
import { plan } from './support.ts';

const made = Date.UTC(2026, 0, 2);
const key = (id: bigint, changes: Partial<IngestionApiKey> = {}): IngestionApiKey => ({
  id,
  name: 'ci',
  lastUpdateTimestamp: BigInt(made) + id * 86_400_000n,
  ...changes,
});

function failureOf(work: () => unknown): StsError {
  try {
    work();
  } catch (error) {
    if (error instanceof StsError) return error;
  }
  throw new Error('did not fail');
}

test('a key is found by its name or its id', () => {
  const keys = [key(1n), key(2n, { name: 'other' })];
  expect(findKey(keys, { name: 'other' }).id).toBe(2n);
  expect(findKey(keys, { id: 1n }).name).toBe('ci');
});

test('a name or id that is not there is a NotFoundError that says how to see what is', () => {
  for (const target of [{ name: 'no' }, { id: 7n }]) {
    const failure = failureOf(() => findKey([key(1n)], target));
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure.hints[0]).toContain('sts ingestion-api-key list');
  }
});

test('several keys of a name are listed from the newest on, with the commands to go on', () => {
  const failure = failureOf(() =>
    findKey([key(1n), key(30n, { expiration: BigInt(Date.UTC(2027, 4, 6)) }), key(5n)], { name: 'ci' }),
  );
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure.hints).toEqual([
    '30 | made 2026-02-01 | expires 2027-05-06 | newest',
    '5  | made 2026-01-07 | never expires',
    '1  | made 2026-01-03 | never expires      | oldest',
    'Replace the newest: sts ingestion-api-key rotate --id 30',
    'Or first delete the ones that nobody uses: sts ingestion-api-key delete --id ID',
  ]);
});

test('a name with blanks or quotes is quoted in the commands to copy', () => {
  const name = "it's $HOME";
  const failure = failureOf(() => findKey([key(1n)], { name }));
  expect(failure.hints.at(-1)).toContain(`create --name 'it'\\''s $HOME'`);
});

test('the successor lives as long from now as the old key was given', () => {
  const now = made + 1000;
  expect(successorOf(key(0n, { expiration: BigInt(made) + 500n, description: 'd' }), plan, now)).toEqual({
    name: 'ci',
    description: 'd',
    expiration: BigInt(now) + 500n,
  });
  expect(successorOf(key(0n), plan, now)).toEqual({ name: 'ci' });
  expect(failureOf(() => successorOf(key(0n, { expiration: 5n }), plan, now))).toBeInstanceOf(UsageError);
});

test('superseded are all keys of the name but the newest', () => {
  const keys = [key(1n), key(9n), key(4n), key(50n, { name: 'other' })];
  expect(supersededKeys(keys, 'ci', made).map(({ id }) => id)).toEqual([4n, 1n]);
  expect(supersededKeys([key(1n)], 'ci', made)).toEqual([]);
  expect(supersededKeys(keys, 'none', made)).toEqual([]);
});

test('two newest of the same millisecond are refused', () => {
  const twins = [
    key(1n, { lastUpdateTimestamp: 5n }),
    key(2n, { lastUpdateTimestamp: 5n }),
    key(3n, { lastUpdateTimestamp: 1n }),
  ];
  expect(failureOf(() => supersededKeys(twins, 'ci', made))).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('2 and 1'),
  });
});

test('where the newest has expired an older one may be in use, and none is superseded', () => {
  const keys = [key(1n), key(9n, { expiration: BigInt(made) })];
  expect(failureOf(() => supersededKeys(keys, 'ci', made))).toMatchObject({
    exitCode: 3,
    hints: [expect.stringContaining('delete --id 9')],
  });
  expect(supersededKeys(keys, 'ci', made - 1).map(({ id }) => id)).toEqual([1n]);
});

test('nothing is done while a rotation of the key file is pending', async () => {
  const path = `${tempFolder()}/ingestion.key`;
  await expect(exclusively(path, async () => 'done')).resolves.toBe('done');
  writeFileSync(`${path}.sts-pending`, '');
  await expect(exclusively(path, () => Promise.reject(new Error('was done')))).rejects.toMatchObject({ exitCode: 3 });
});
