import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { pendingPath } from '../../src/rotation/journal.ts';
import { lockKeyFile } from '../../src/rotation/lock.ts';
import { call } from '../stackstate/caller.ts';
import { seedHeld, startWorld } from './support.ts';

const day = 86_400_000n;

test('a rotation leaves one key of the name, and the file holds it', async () => {
  const world = await startWorld();
  const oldId = seedHeld(world);
  const before = world.held();

  const { issued, old, deleted } = await world.rotate();

  expect(old.id).toBe(oldId);
  expect(deleted).toBe(true);
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  expect(world.held()).not.toBe(before);
  expect(world.stackState.keys()[0]?.id).toBe(issued.id);
  expect(world.files()).toEqual(['ingestion.key']);
  expect(statSync(world.path).mode & 0o777).toBe(0o600);
});

test('the requests come in the order list, create, verify, delete', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate();
  expect(world.stackState.requests.map(({ route }) => route)).toEqual(['list', 'create', 'authorize', 'delete']);
});

test('without --delete-old the old key is not touched', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  const { deleted } = await world.rotate({ deleteOld: false });
  expect(deleted).toBe(false);
  expect(world.keysNamed('ci')).toEqual([before, world.held()]);
  expect(world.files()).toEqual(['ingestion.key']);
});

test('the new key keeps name, description and lifetime of the old one', async () => {
  const world = await startWorld();
  const made = BigInt(world.context.now()) - 80n * day;
  seedHeld(world, { name: 'ci', description: 'pipelines', lastUpdateTimestamp: made, expiration: made + 90n * day });
  const { issued } = await world.rotate();
  expect(issued).toMatchObject({ name: 'ci', description: 'pipelines', expiration: BigInt(world.context.now()) + 90n * day });
});

test('an expiration that is asked for replaces the old lifetime', async () => {
  const world = await startWorld();
  seedHeld(world);
  const expiration = BigInt(world.context.now()) + day;
  const { issued } = await world.rotate({ expiration, newName: 'ci-2' });
  expect(issued).toMatchObject({ name: 'ci-2', expiration });
});

test('the old key works until the new one is in the file, and at no moment is the key in the file refused', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  const seen = new Set<string>();
  await world.rotate(
    {},
    {
      step: async () => {
        const held = world.held();
        seen.add(held);
        const answer = await call(world.stackState, 'POST', `/receiver/stsAgent/intake?api_key=${held}`, { body: '{}' });
        expect(answer.status).toBe(200);
      },
    },
  );
  expect([...seen]).toEqual([before, world.held()]);
});

test('with --after both keys are accepted until the time has come', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  const started = world.context.now();
  await world.rotate(
    { afterMs: 600_000 },
    {
      context: {
        sleep: async (ms) => {
          world.advance(ms);
          expect(world.keysNamed('ci')).toEqual([before, world.held()]);
        },
      },
    },
  );
  expect(world.context.now() - started).toBe(600_000);
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  expect(world.events[0]).toMatchObject({ kind: 'keeping', remainingMs: 600_000 });
});

test('an interrupt while the old key is kept leaves both keys, says how to finish, and the next rotation finishes', async () => {
  const world = await startWorld();
  const oldId = seedHeld(world);
  const before = world.held();
  const sleep = async () => {
    world.interrupt.abort(new InterruptedError('SIGINT'));
    throw world.interrupt.signal.reason;
  };
  const failure = await world.rotate({ afterMs: 600_000 }, { context: { sleep } }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 130 });
  expect(String((failure as { hints: string[] }).hints)).toContain(`sts ingestion-api-key delete --id ${oldId}`);
  const held = world.held();
  expect(world.keysNamed('ci')).toEqual([before, held]);
  expect(readFileSync(pendingPath(world.path), 'utf8')).not.toContain(held);

  await world.rotate({}, { context: { interrupt: new AbortController().signal } });
  expect(world.events).toContainEqual(expect.objectContaining({ kind: 'finished', oldId, deleted: true }));
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  expect(world.held()).not.toBe(held);
  expect(world.files()).toEqual(['ingestion.key']);
});

test('an interrupt before the request leaves everything as it was', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  const step = (name: string) => {
    if (name === 'before sync folder of journal') world.interrupt.abort(new InterruptedError('SIGTERM'));
  };
  await expect(world.rotate({}, { step })).rejects.toMatchObject({ exitCode: 143 });
  expect(world.stackState.count('create')).toBe(0);
  expect([world.held(), world.files()]).toEqual([before, ['ingestion.key']]);
});

test('a server that refuses the new key for 30 s has it deleted again; the old one stays', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  world.stackState.setFault('authorize', { kind: 'status', status: 403 });
  const started = world.context.now();
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 2 });
  expect(world.context.now() - started).toBeGreaterThan(20_000);
  expect(world.context.now() - started).toBeLessThanOrEqual(30_000);
  expect(world.keysNamed('ci')).toEqual([before]);
  expect([world.held(), world.files()]).toEqual([before, ['ingestion.key']]);
});

test('a cluster that lags is asked again until it accepts the key', async () => {
  const world = await startWorld();
  seedHeld(world);
  world.stackState.setFault('authorize', { kind: 'status', status: 403 }, { times: 3 });
  await world.rotate();
  expect(world.stackState.count('authorize')).toBe(4);
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test('a server that cannot verify is reported, and the rotation goes on', async () => {
  const world = await startWorld({ authorize: false });
  seedHeld(world);
  await world.rotate();
  expect(world.events).toContainEqual({ kind: 'unverifiable' });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test('with --no-verify the server is not asked', async () => {
  const world = await startWorld();
  seedHeld(world);
  await world.rotate({ verify: false });
  expect(world.stackState.count('authorize')).toBe(0);
});

test('a folder that becomes read-only: the old key lives, the file is untouched, the new key is gone', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  const step = (name: string) => {
    if (name === 'before rename key file') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  };
  await expect(world.rotate({}, { step })).rejects.toMatchObject({ exitCode: 6 });
  expect(world.keysNamed('ci')).toEqual([before]);
  expect([world.held(), world.files()]).toEqual([before, ['ingestion.key']]);
});

test('where the file cannot be written, nothing is created', async () => {
  const world = await startWorld();
  seedHeld(world);
  mkdirSync(`${dirname(world.path)}/folder.key`);
  await expect(world.rotate({}, { path: `${dirname(world.path)}/folder.key` })).rejects.toMatchObject({ exitCode: 6 });
  await expect(world.rotate({}, { path: `${dirname(world.path)}/missing/x.key` })).rejects.toMatchObject({ exitCode: 6 });
  expect(world.stackState.count('create')).toBe(0);
});

test('a second rotation of the same file is refused while the first one runs', async () => {
  const world = await startWorld();
  seedHeld(world);
  const lock = await lockKeyFile(world.path);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('Another sts is writing') });
  expect(world.stackState.requests).toEqual([]);
  await lock.release();
  await world.rotate();
});

test('a server that takes no second key of a name is answered with --new-name', async () => {
  const world = await startWorld({ duplicateNames: 'refuse' });
  seedHeld(world);
  const before = world.held();
  const failure = await world.rotate().catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 2 });
  expect(String((failure as { hints: string[] }).hints)).toContain('--new-name ci-2');
  expect([world.held(), world.files()]).toEqual([before, ['ingestion.key']]);
  await world.rotate({ newName: 'ci-2' });
  expect(world.keysNamed('ci-2')).toEqual([world.held()]);
  expect(world.keysNamed('ci')).toEqual([]);
});
