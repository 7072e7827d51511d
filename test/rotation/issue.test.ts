import { expect, test } from 'vitest';
import type { Destination } from '../../src/delivery/destination.ts';
import { DeliveryError, InterruptedError } from '../../src/errors.ts';
import { issueKey } from '../../src/rotation/issue.ts';
import { testTime } from '../support/stackstate.ts';
import { startWorld, type World } from './support.ts';

function destination(
  changes: Partial<Destination> = {},
): Destination & { readonly calls: string[]; readonly delivered: string[] } {
  const calls: string[] = [];
  const delivered: string[] = [];
  return {
    calls,
    delivered,
    description: 'the test',
    prove: async () => {
      calls.push('prove');
      await changes.prove?.();
    },
    deliver: async (issued) => {
      calls.push('deliver');
      await changes.deliver?.(issued);
      delivered.push(issued.apiKey);
    },
    abandon: async () => void calls.push('abandon'),
  };
}

function issue({ api, context }: World, to: Destination) {
  return issueKey({ api, key: { name: 'ci' }, destination: to, interrupt: context.interrupt, now: context.now });
}

const undeliverable = async () => {
  throw new DeliveryError('The disk is full.', { hints: ['Free some space.'] });
};

test('proven, created, delivered', async () => {
  const world = await startWorld();
  const to = destination();
  const { apiKey } = await issue(world, to);
  expect(to.calls).toEqual(['prove', 'deliver', 'abandon']);
  expect(to.delivered).toEqual([apiKey]);
  expect(world.keysNamed('ci')).toEqual([apiKey]);
  expect(world.stackState.requests).toHaveLength(1);
});

test('nothing is created where nothing can be delivered', async () => {
  const world = await startWorld();
  const to = destination({ prove: undeliverable });
  await expect(issue(world, to)).rejects.toMatchObject({ exitCode: 6 });
  expect(to.calls).toEqual(['prove', 'abandon']);
  expect(world.stackState.requests).toEqual([]);
});

test('an interrupt before the request means that nothing happens', async () => {
  const world = await startWorld();
  const to = destination({ prove: async () => world.interrupt.abort(new InterruptedError('SIGINT')) });
  await expect(issue(world, to)).rejects.toMatchObject({ exitCode: 130 });
  expect(to.calls).toEqual(['prove', 'abandon']);
  expect(world.stackState.requests).toEqual([]);
});

test('an interrupt while the request is on its way does not lose the key', async () => {
  const world = await startWorld({
    onStage: (stage) => {
      if (stage === 'handled') world.interrupt.abort(new InterruptedError('SIGINT'));
    },
  });
  const to = destination();
  const { apiKey } = await issue(world, to);
  expect(to.delivered).toEqual([apiKey]);
});

test('a key that cannot be delivered is deleted again', async () => {
  const world = await startWorld();
  const failure = await issue(world, destination({ deliver: undeliverable })).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DeliveryError);
  expect(failure).toMatchObject({
    exitCode: 6,
    message: 'The disk is full. The new key was deleted again.',
    hints: ['Free some space.'],
  });
  expect(world.keysNamed('ci')).toEqual([]);
});

test('a key that can be neither delivered nor deleted is named with the command that deletes it', async () => {
  const world = await startWorld();
  world.stackState.setFault('delete', { kind: 'status', status: 500 });
  const failure = await issue(world, destination({ deliver: undeliverable })).catch((error: unknown) => error);
  const id = world.stackState.keys()[0]?.id;
  expect(failure).toMatchObject({
    exitCode: 6,
    message: expect.stringContaining(`The new key ${id} could not be deleted again`),
  });
  expect((failure as DeliveryError).hints[0]).toBe(`Delete the key that nobody holds: sts ingestion-api-key delete --id ${id}`);
});

test.each([
  ['an error after the creation', { kind: 'status', status: 500, handler: 'run' }],
  ['a reset after the creation', { kind: 'reset', handler: 'run' }],
  ['a deadline after the creation', { kind: 'stall', handler: 'run' }],
  ['half an answer', { kind: 'truncate', bytes: 20 }],
  ['an answer without a key', { kind: 'body', text: '{}' }],
] as const)('%s names the key that may be it, and deletes nothing', async (_what, fault) => {
  const world = await startWorld({ timeoutMs: 200 });
  world.stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.context.now() - 60_000) });
  world.stackState.seed({ name: 'other' });
  world.stackState.setFault('create', fault);
  const failure = await issue(world, destination()).catch((error: unknown) => error);
  const id = world.stackState.keys().at(-1)?.id;
  expect(failure).toMatchObject({ exitCode: 11, hints: [expect.stringContaining(`sts ingestion-api-key delete --id ${id}`)] });
  expect(world.stackState.count('create')).toBe(1);
  expect(world.stackState.count('delete')).toBe(0);
});

test('a server that failed and lists no new key: exit 2', async () => {
  const world = await startWorld();
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(issue(world, destination())).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('lists no new key'),
  });
});

test.each([
  ['a gateway gave up', { kind: 'status', status: 504 }],
  ['the connection was reset', { kind: 'reset' }],
] as const)('where %s the server may still create the key: exit 11', async (_what, fault) => {
  const world = await startWorld();
  world.stackState.setFault('create', fault);
  await expect(issue(world, destination())).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringContaining('may still be creating'),
  });
});

test('where the keys cannot be listed either, the command that lists them is named', async () => {
  const world = await startWorld();
  world.stackState.setFault('any', { kind: 'status', status: 500, handler: 'run' });
  const failure = await issue(world, destination()).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 11 });
  expect((failure as DeliveryError).hints[0]).toContain('sts ingestion-api-key list');
});

test('a key made before is no candidate, though the clock of the server is an hour behind', async () => {
  const hour = 3_600_000;
  const world = await startWorld({ now: () => testTime - hour });
  world.stackState.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime - hour - 60_000) });
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(issue(world, destination())).rejects.toMatchObject({ exitCode: 2 });
});

test('connection refused: nothing was created', async () => {
  const world = await startWorld();
  await world.stackState.close();
  await expect(issue(world, destination())).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('othing was'),
  });
});
