import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pendingPath } from '../../src/rotation/journal.ts';
import { seedHeld, startWorld } from './support.ts';

test('a new key that can be neither delivered nor deleted is named, and the next rotation deletes it', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  world.stackState.setFault('delete', { kind: 'status', status: 500 }, { times: 1 });
  const step = (name: string) => {
    if (name === 'before rename key file') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  };
  const failure = await world.rotate({}, { step }).catch((error: unknown) => error);
  const orphan = world.stackState.store.byName('ci').find(({ apiKey }) => apiKey !== before);
  expect(failure).toMatchObject({ exitCode: 6 });
  expect(String((failure as { hints: string[] }).hints)).toContain(`sts ingestion-api-key delete --id ${orphan?.id}`);

  await world.rotate();
  expect(world.events).toContainEqual({ kind: 'undone', deletedId: orphan?.id });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  expect(world.files()).toEqual(['ingestion.key']);
});

test('a creation that the server fails after doing it is undone at once', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  for (const fault of [
    { kind: 'status', status: 500, handler: 'run' },
    { kind: 'reset', handler: 'run' },
    { kind: 'truncate' },
  ] as const) {
    world.stackState.setFault('create', fault, { times: 1 });
    await expect(world.rotate()).rejects.toMatchObject({ exitCode: 2 });
    expect(world.keysNamed('ci')).toEqual([before]);
    expect([world.held(), world.files()]).toEqual([before, ['ingestion.key']]);
  }
  expect(world.stackState.count('create')).toBe(3);
});

test('a creation whose fate cannot be told leaves the journal, and the next rotation looks for it', async () => {
  const world = await startWorld();
  seedHeld(world);
  const before = world.held();
  world.stackState.setFault('create', { kind: 'reset', handler: 'run' }, { times: 1 });
  world.stackState.setFault('list', { kind: 'status', status: 500 }, { skip: 1 });
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 11 });
  expect(world.keysNamed('ci')).toHaveLength(2);
  expect(world.held()).toBe(before);

  world.stackState.clearFaults();
  await world.rotate();
  expect(world.events[0]).toMatchObject({ kind: 'undone' });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
  expect(world.files()).toEqual(['ingestion.key']);
});

test('a creation that takes effect only after its sender was killed is found as well', async () => {
  const world = await startWorld();
  seedHeld(world);
  const stop = (name: string) => {
    if (name === 'before create key') throw new Error('killed');
  };
  await world.rotate({}, { step: stop }).catch(() => undefined);
  let late: bigint | undefined;
  const sleep = async (ms: number) => {
    world.advance(ms);
    late ??= world.stackState.seed({ name: 'ci' }).id;
  };
  await world.rotate({}, { context: { sleep } });
  expect(late).toBeDefined();
  expect(world.events).toContainEqual({ kind: 'undone', deletedId: late });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test('keys of the name that others made long after a rotation broke off are left alone', async () => {
  const world = await startWorld();
  seedHeld(world);
  const stop = (name: string) => {
    if (name === 'before create key') throw new Error('killed');
  };
  await world.rotate({}, { step: stop }).catch(() => undefined);
  world.advance(3_600_000);
  const { id } = world.stackState.seed({ name: 'ci' });
  // Two keys of one name: which one is to be replaced is for its owner to say.
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 3 });
  await expect(world.rotate({ target: { id } })).resolves.toMatchObject({ deleted: true });
});

test('where several keys may be the orphan none is deleted', async () => {
  const world = await startWorld();
  seedHeld(world);
  const stop = (name: string) => {
    if (name === 'before create key') throw new Error('killed');
  };
  await world.rotate({}, { step: stop }).catch(() => undefined);
  const ids = [world.stackState.seed({ name: 'ci' }).id, world.stackState.seed({ name: 'ci' }).id];
  const failure = await world.rotate().catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 3 });
  for (const id of ids) expect(String((failure as { hints: string[] }).hints)).toContain(`delete --id ${id}`);
  expect(world.stackState.count('delete')).toBe(0);
});

test('an old key that cannot be deleted is named; the next rotation deletes it', async () => {
  const world = await startWorld();
  const oldId = seedHeld(world);
  world.stackState.setFault('delete', { kind: 'status', status: 500 }, { times: 1 });
  const failure = await world.rotate().catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`the old key ${oldId} was not deleted`) });
  await world.rotate();
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test('a rotation by id goes on with the successor when it finishes a broken-off one', async () => {
  const world = await startWorld();
  const oldId = seedHeld(world);
  const stop = (name: string) => {
    if (name === 'before delete key') throw new Error('killed');
  };
  await world.rotate({ target: { id: oldId } }, { step: stop }).catch(() => undefined);
  await world.rotate({ target: { id: oldId } });
  expect(world.keysNamed('ci')).toEqual([world.held()]);
});

test('a journal of another server, or one that makes no sense, stops the rotation and is left alone', async () => {
  const world = await startWorld();
  seedHeld(world);
  const stop = (name: string) => {
    if (name === 'before create key') throw new Error('killed');
  };
  await world.rotate({}, { step: stop }).catch(() => undefined);
  await expect(world.rotate({}, { server: 'https://other.example.com' })).rejects.toMatchObject({ exitCode: 3 });
  writeFileSync(pendingPath(world.path), '{"stage":"created"}');
  chmodSync(pendingPath(world.path), 0o600);
  await expect(world.rotate()).rejects.toMatchObject({ exitCode: 5 });
  expect(readFileSync(pendingPath(world.path), 'utf8')).toBe('{"stage":"created"}');
  expect(world.stackState.count('create')).toBe(0);
});
