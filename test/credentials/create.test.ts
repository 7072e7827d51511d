import { existsSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pendingPath } from '../../src/destinations/file-journal.ts';
import { killer, systemError } from '../support/interception.ts';
import { failing, failureOf, startWorld } from './support.ts';

// Creation into a file. That of a stream is in stream.test.ts, the kill sweep in the contracts.

test('a key goes to a new file, and nothing else is left', async () => {
  const world = await startWorld();
  const { issued, sameName } = await world.create();
  expect(readFileSync(world.path, 'utf8')).toBe(`${issued.secret}\n`);
  expect(statSync(world.path).mode & 0o777).toBe(0o600);
  expect(sameName).toEqual([]);
  world.expectHealed();
});

test('a file that exists is refused before anything is created', async () => {
  const world = await startWorld();
  world.seedHeld();
  await expect(world.create()).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining('exists already') });
  expect(world.stackState.count('create')).toBe(0);
  world.expectHealed();
});

test('a creation that was killed is undone by the next one', async () => {
  for (const at of ['before kind.create', 'after kind.create', 'before kind.verify', 'before link key']) {
    const world = await startWorld();
    const { hook, killed } = killer(at);
    await world.create({}, { hook }).catch(() => undefined);
    expect(killed(), at).toBe(true);
    expect(existsSync(world.path)).toBe(false);
    await world.create();
    world.expectHealed(at);
  }
});

test('a creation that was killed after its delivery is finished by the next one, which finds the file there', async () => {
  const world = await startWorld();
  const { hook, killed } = killer('after link key');
  await world.create({}, { hook }).catch(() => undefined);
  expect(killed()).toBe(true);
  const failure = await failureOf(world.create());
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('exists already') });
  expect(world.events).toContainEqual(expect.objectContaining({ kind: 'finished', old: undefined, deleted: false }));
  world.expectHealed();
});

test('a creation that was killed is undone by a rotation as well', async () => {
  const world = await startWorld();
  const { hook } = killer('before kind.verify');
  await world.create({}, { hook }).catch(() => undefined);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 8 });
  expect(world.secretsNamed('ci')).toEqual([]);
  expect(world.destination.leftovers()).toEqual([]);
});

test('while a rotation of the file is unfinished nothing is created there', async () => {
  const world = await startWorld();
  world.seedHeld();
  await world.killed('before kind.delete', { afterMs: 60_000 });
  unlinkSync(world.path);
  const failure = await failureOf(world.create());
  expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('is unfinished. Nothing was created.') });
  expect(String(failure.hints)).toContain(`sts ingestion-api-key renew --name ci --key-file ${world.path}`);
  expect(world.stackState.count('create')).toBe(1);
  expect(existsSync(pendingPath(world.path))).toBe(true);
});

test('a journal that cannot be written means that nothing is created, and none is left', async () => {
  for (const at of ['before create journal', 'before rename journal', 'after rename journal', 'before syncFolder']) {
    const world = await startWorld();
    const broken = failing(at, systemError('EIO'));
    await expect(world.create({}, broken)).rejects.toMatchObject({
      exitCode: 6,
      message: expect.stringContaining('the disk reports an input/output error'),
    });
    expect(broken.happened()).toBe(1);
    expect(world.stackState.count('create')).toBe(0);
    expect(world.destination.leftovers()).toEqual([]);
  }
});
