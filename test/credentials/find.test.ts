import { expect, test } from 'vitest';
import { findOne, lifetimeOf, successorOf } from '../../src/credentials/find.ts';
import type { Credential, Listing } from '../../src/credentials/ports.ts';
import { supersededOf } from '../../src/credentials/superseded.ts';
import { NotFoundError, StsError, UsageError } from '../../src/errors.ts';
import { serviceTokenWords, ingestionApiKeyWords as words } from '../../src/kinds/words.ts';

const made = Date.UTC(2026, 0, 2);
const key = (id: bigint, changes: Partial<Credential> = {}): Credential => ({
  id,
  name: 'ci',
  lastUpdateTimestamp: BigInt(made) + id * 86_400_000n,
  ...changes,
});
const listing = (...credentials: Credential[]): Listing => ({ credentials, rejected: [] });

function failureOf(work: () => unknown): StsError {
  try {
    work();
  } catch (error) {
    if (error instanceof StsError) return error;
  }
  throw new Error('did not fail');
}

test('a key is found by its name or its id', () => {
  const keys = listing(key(1n), key(2n, { name: 'other' }));
  expect(findOne(keys, { name: 'other' }, words).id).toBe(2n);
  expect(findOne(keys, { id: 1n }, words).name).toBe('ci');
});

test('a name or id that is not there is a NotFoundError that says how to see what is', () => {
  for (const target of [{ name: 'no' }, { id: 7n }]) {
    const failure = failureOf(() => findOne(listing(key(1n)), target, words));
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(String(failure.hints)).toContain('sts ingestion-api-key list');
  }
});

test('a misspelt name names the nearest one', () => {
  const failure = failureOf(() => findOne(listing(key(1n, { name: 'pipelines' })), { name: 'pipeline' }, words));
  expect(failure.hints[0]).toBe('Did you mean "pipelines"?');
});

test('several keys of a name are listed from the newest on, with the commands to go on', () => {
  const keys = listing(key(1n), key(30n, { expiration: BigInt(Date.UTC(2027, 4, 6)) }), key(5n));
  const failure = failureOf(() => findOne(keys, { name: 'ci' }, words));
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure.hints).toEqual([
    '30 | made 2026-02-01 | expires 2027-05-06 | newest',
    '5  | made 2026-01-07 | never expires',
    '1  | made 2026-01-03 | never expires      | oldest',
    'Replace the newest: give --id 30 in place of --name',
    'Or first delete the ones that nobody uses: sts ingestion-api-key delete --id ID',
  ]);
  // A migration and a renewal take no id.
  expect(failureOf(() => findOne(keys, { name: 'ci' }, words, false)).hints.slice(3)).toEqual([
    'Delete the ones that nobody uses: sts ingestion-api-key delete --id ID',
  ]);
});

test('a name with blanks or quotes is quoted in the commands to copy', () => {
  const name = "it's $HOME";
  const failure = failureOf(() => findOne(listing(key(1n)), { name }, words));
  expect(failure.hints.at(-1)).toContain(`create --name 'it'\\''s $HOME'`);
});

test('the successor lives as long from now as the old key was given', () => {
  const now = made + 1000;
  const old = key(0n, { expiration: BigInt(made) + 500n, description: 'd' });
  expect(successorOf(old, {}, now, words)).toEqual({ name: 'ci', description: 'd', expiration: BigInt(now) + 500n });
  expect(successorOf(key(0n), {}, now, words)).toEqual({ name: 'ci' });
  expect(successorOf(old, { name: 'ci-2', expiration: 7n }, now, words)).toMatchObject({ name: 'ci-2', expiration: 7n });
  expect(failureOf(() => successorOf(key(0n, { expiration: 5n }), {}, now, words))).toBeInstanceOf(UsageError);
});

test('the successor of a token has its roles and its subject; a platform that tells no time is asked for a lifetime', () => {
  const token = { id: 1n, name: 'ci', roles: ['a', 'b'], dedicatedSubject: 's' };
  expect(successorOf(token, {}, made, serviceTokenWords)).toEqual({ name: 'ci', roles: ['a', 'b'], dedicatedSubject: 's' });
  expect(lifetimeOf({ ...token, expiration: 9n })).toBeUndefined();
  const failure = failureOf(() => successorOf({ ...token, expiration: 9n }, {}, made, serviceTokenWords));
  expect(failure.message).toBe('The lifetime of the token 1 cannot be told from its dates.');
});

test('superseded are all keys of the name but the newest', () => {
  const keys = [key(1n), key(9n), key(4n), key(50n, { name: 'other' })];
  const ids = (found: ReturnType<typeof supersededOf>) => [found.kept?.id, ...found.superseded.map(({ id }) => id)];
  expect(ids(supersededOf(keys, 'ci', made, words))).toEqual([9n, 4n, 1n]);
  expect(ids(supersededOf([key(1n)], 'ci', made, words))).toEqual([1n]);
  expect(ids(supersededOf(keys, 'none', made, words))).toEqual([undefined]);
});

test('two newest of the same millisecond are refused, and so are those whose time is not told', () => {
  const twins = [
    key(1n, { lastUpdateTimestamp: 5n }),
    key(2n, { lastUpdateTimestamp: 5n }),
    key(3n, { lastUpdateTimestamp: 1n }),
  ];
  expect(failureOf(() => supersededOf(twins, 'ci', made, words))).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('2 and 1'),
  });
  const timeless = [1n, 2n].map((id) => ({ id, name: 'ci' }));
  expect(failureOf(() => supersededOf(timeless, 'ci', made, words)).message).toContain('does not tell when they were made');
});

test('where the newest has expired an older one may be in use, and none is superseded', () => {
  const keys = [key(1n), key(9n, { expiration: BigInt(made) })];
  expect(failureOf(() => supersededOf(keys, 'ci', made, words))).toMatchObject({
    exitCode: 3,
    hints: [expect.stringContaining('delete --id 9')],
  });
  expect(supersededOf(keys, 'ci', made - 1, words).superseded.map(({ id }) => id)).toEqual([1n]);
});
