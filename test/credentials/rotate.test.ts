import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { InterruptedError } from '../../src/errors.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { keyFileFor } from '../contracts/destinations.ts';
import { call } from '../stackstate/caller.ts';
import { systemError } from '../support/interception.ts';
import { failing, failureOf, meanwhile, startWorld } from './support.ts';

const day = 86_400_000n;

test('a rotation leaves one key of the name, and the file holds it', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const before = world.held();

  const { issued, old, fate } = await world.rotate();

  expect(old.id).toBe(oldId);
  expect(fate).toBe('deleted');
  expect(world.held()).not.toBe(before);
  expect(world.stackState.keys()[0]?.id).toBe(issued.id);
  world.expectHealed();
  expect(statSync(world.path).mode & 0o777).toBe(0o600);
});

test('the requests come in the order list, create, verify, verify once more, delete', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.rotate();
  expect(world.stackState.requests.map(({ route }) => route)).toEqual(['list', 'create', 'authorize', 'authorize', 'delete']);
});

test('without --delete-old the old key is not touched', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const { fate } = await world.rotate({ deleteOld: false });
  expect(fate).toBe('kept');
  expect(world.secretsNamed('ci')).toEqual([before, world.held()]);
  expect(world.destination.leftovers()).toEqual([]);
});

test('the new key keeps name, description and lifetime of the old one', async () => {
  const world = await startWorld();
  const made = BigInt(world.clock.now()) - 80n * day;
  world.seedHeld({ name: 'ci', description: 'pipelines', lastUpdateTimestamp: made, expiration: made + 90n * day });
  const { issued } = await world.rotate();
  const expiration = BigInt(world.clock.now()) + 90n * day;
  expect(issued).toMatchObject({ name: 'ci', description: 'pipelines', expiration });
});

test('a new token keeps name, roles and lifetime of the old one', async () => {
  const world = await startWorld({ of: 'tokens' });
  const made = BigInt(world.clock.now()) - 80n * day;
  const roles = ['ingestion', 'stackstate-guest'];
  world.seedHeld({ name: 'ci', roles, lastUpdateTimestamp: made, expiration: made + 90n * day });
  const { issued } = await world.rotate();
  expect(world.stackState.serviceTokens()).toMatchObject([
    { id: issued.id, name: 'ci', roles, expiration: BigInt(world.clock.now()) + 90n * day },
  ]);
});

test('a token with a dedicated subject is refused before anything is created', async () => {
  const world = await startWorld({ of: 'tokens' });
  world.seedHeld({ name: 'ci', dedicatedSubject: 'collector' });
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('dedicated subject "collector"') });
  expect(world.stackState.count('token-create')).toBe(0);
  world.expectHealed();
});

test('an expiration that is asked for replaces the old lifetime', async () => {
  const world = await startWorld();
  world.seedHeld();
  const expiration = BigInt(world.clock.now()) + day;
  const { issued } = await world.rotate({ expiration: () => expiration, newName: 'ci-2' });
  expect(issued).toMatchObject({ name: 'ci-2', expiration });
});

test('the old key works until the new one is in the file, and at no moment is the key in the file refused', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const seen = new Set<string>();
  const hook = async () => {
    const held = world.held();
    seen.add(held);
    const answer = await call(world.stackState, 'POST', `/receiver/stsAgent/intake?api_key=${held}`, { body: '{}' });
    expect(answer.status).toBe(200);
  };
  await world.rotate({}, { hook });
  expect([...seen]).toEqual([before, world.held()]);
});

test('with --after both keys are accepted until the time has come', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const started = world.clock.now();
  const kept: unknown[] = [];
  const report = ({ kind }: { readonly kind: string }) => {
    if (kind === 'keeping') kept.push(world.secretsNamed('ci'));
  };
  await world.rotate({ afterMs: 600_000 }, { report });
  expect(world.clock.now() - started).toBe(600_000);
  expect(kept.length).toBeGreaterThan(500);
  expect(new Set(kept.map(String))).toEqual(new Set([String([before, world.held()])]));
  expect(world.events[0]).toMatchObject({ kind: 'keeping', remainingMs: 600_000 });
  world.expectHealed();
});

test('an interrupt while the old key is kept leaves both keys, says how to finish, and the next rotation finishes', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const before = world.held();
  const report = ({ kind }: { readonly kind: string }) => {
    if (kind === 'keeping') world.interrupt.abort(new InterruptedError('SIGINT'));
  };
  const failure = await failureOf(world.rotate({ afterMs: 600_000 }, { report }));
  expect(failure).toMatchObject({ exitCode: 130 });
  expect(failure.message).toContain(`the old key ${oldId} was not deleted`);
  expect(String(failure.hints)).toContain(`sts ingestion-api-key delete --id ${oldId}`);
  expect(String(failure.hints)).toContain(`sts ingestion-api-key renew --name ci --key-file ${world.path}`);
  const held = world.held();
  expect(world.secretsNamed('ci')).toEqual([before, held]);
  expect(readFileSync(pendingPath(world.path), 'utf8')).not.toContain(held);

  await world.rotate({}, { interrupt: new AbortController().signal });
  expect(world.events).toContainEqual(
    expect.objectContaining({ kind: 'finished', old: { id: oldId, name: 'ci' }, deleted: true }),
  );
  expect(world.held()).not.toBe(held);
  world.expectHealed();
});

test('with --no-wait the rotation ends at once, and the next run deletes the old key when its time has come', async () => {
  const world = await startWorld();
  const oldId = world.seedHeld();
  const { issued, fate } = await world.rotate({ afterMs: 3_600_000, noWait: true });
  expect(fate).toBe('later');
  expect(world.stackState.keys().map(({ id }) => id)).toEqual([oldId, issued.id]);
  expect(world.destination.leftovers()).toEqual(['ingestion.key.sts-pending']);

  world.clock.advance(1_800_000);
  const early = await failureOf(world.rotate({ afterMs: 3_600_000, noWait: true }));
  expect(early).toMatchObject({ exitCode: 3, message: expect.stringContaining(`keeps the old one, ${oldId}, for another`) });
  expect(world.stackState.keys()).toHaveLength(2);

  world.clock.advance(1_800_000);
  await world.rotate({ deleteOld: false });
  expect(world.events).toContainEqual(expect.objectContaining({ kind: 'finished', deleted: true }));
  expect(world.stackState.keys().map(({ id }) => id)).not.toContain(oldId);
});

test('an interrupt before the request leaves everything as it was', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const interrupting = meanwhile('after rename journal', () => world.interrupt.abort(new InterruptedError('SIGTERM')));
  await expect(world.rotate({}, interrupting)).rejects.toMatchObject({ exitCode: 143 });
  expect(interrupting.happened()).toBe(true);
  expect(world.stackState.count('create')).toBe(0);
  expect(world.held()).toBe(before);
  world.expectHealed();
});

test('a server that refuses the new key for 30 s has it deleted again; the old one stays', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  world.stackState.setFault('authorize', { kind: 'status', status: 403 });
  const started = world.clock.now();
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/deleted again\. The old key is untouched\.$/),
  });
  expect(world.clock.now() - started).toBeGreaterThan(20_000);
  expect(world.clock.now() - started).toBeLessThanOrEqual(30_000);
  expect(world.held()).toBe(before);
  world.expectHealed();
});

test('a cluster that lags is asked again until it accepts the key', async () => {
  const world = await startWorld();
  world.seedHeld();
  world.stackState.setFault('authorize', { kind: 'status', status: 403 }, { times: 3 });
  await world.rotate({ deleteOld: false });
  expect(world.stackState.count('authorize')).toBe(4);
  expect(world.secretsNamed('ci')[1]).toBe(world.held());
});

test('a server that cannot verify is reported, and the rotation goes on', async () => {
  const world = await startWorld({ authorize: false });
  world.seedHeld();
  await world.rotate();
  expect(world.events).toContainEqual({ kind: 'unverifiable' });
  world.expectHealed();
});

test('with --no-verify the server is not asked', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.rotate({ verify: false });
  expect(world.stackState.count('authorize')).toBe(0);
  world.expectHealed();
});

test('a disk that becomes full: the old key lives, the file is untouched, the new key is gone', async () => {
  const world = await startWorld();
  world.seedHeld();
  const before = world.held();
  const full = failing('before rename key', systemError('ENOSPC'));
  await expect(world.rotate({}, full)).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('disk is full') });
  expect(full.happened()).toBe(1);
  expect(world.held()).toBe(before);
  world.expectHealed();
});

test('where the file cannot be written, nothing is created', async () => {
  const world = await startWorld();
  world.seedHeld();
  const folder = dirname(world.path);
  mkdirSync(join(folder, 'folder.key'));
  for (const path of [join(folder, 'folder.key'), join(folder, 'missing/x.key')]) {
    await expect(world.rotate({}, { destination: keyFileFor(path) })).rejects.toMatchObject({ exitCode: 6 });
  }
  expect(world.stackState.count('create')).toBe(0);
});

test('a second rotation of the same file is refused while the first one runs', async () => {
  const world = await startWorld();
  world.seedHeld();
  const lock = await nodeDisk.lock(world.path);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('Another sts is writing') });
  expect(world.stackState.requests).toEqual([]);
  await lock?.release();
  await world.rotate();
  world.expectHealed();
});

test('a server that takes no second key of a name is answered with --new-name', async () => {
  const world = await startWorld({ duplicateNames: 'refuse' });
  world.seedHeld();
  const before = world.held();
  const failure = await failureOf(world.rotate());
  expect(failure).toMatchObject({ exitCode: 2 });
  expect(String(failure.hints)).toContain('--new-name ci-2');
  expect(world.held()).toBe(before);
  world.expectHealed();
  await world.rotate({ newName: 'ci-2' });
  expect(world.secretsNamed('ci-2')).toEqual([world.held()]);
  expect(world.secretsNamed('ci')).toEqual([]);
});

test('a folder that others may write is said before its journal is needed', async () => {
  const world = await startWorld();
  world.seedHeld();
  chmodSync(dirname(world.path), 0o775);
  await world.rotate();
  expect(world.warnings).toEqual([expect.stringContaining(`chmod go-w ${dirname(world.path)}`)]);
});

test('what cannot be said stops no rotation', async () => {
  const world = await startWorld();
  world.seedHeld();
  const report = () => Promise.reject(new Error('stderr is gone'));
  await world.rotate({ afterMs: 2000 }, { report });
  world.expectHealed();
});
