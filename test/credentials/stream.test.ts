import { expect, test } from 'vitest';
import type { Destination } from '../../src/credentials/ports.ts';
import { DeliveryError, InterruptedError } from '../../src/errors.ts';
import type { Fault } from '../stackstate/server.ts';
import { testTime } from '../support/stackstate.ts';
import { failureOf, plan, startWorld, type World } from './support.ts';

// Destinations that keep no journal: standard output, a command.

interface Stream extends Destination {
  readonly calls: string[];
  readonly delivered: string[];
  /** Secrets that lived when the new one went out. */
  readonly living: string[];
}

function stream(world: World, changes: Partial<Destination> = {}): Stream {
  const [calls, delivered, living]: string[][] = [[], [], []];
  const note = (name: string) => void calls?.push(name);
  return {
    calls: calls ?? [],
    delivered: delivered ?? [],
    living: living ?? [],
    description: 'the stream',
    flags: '',
    readersNeedMs: 0,
    current: async () => undefined,
    open: async () => note('open'),
    async prove() {
      note('prove');
      await changes.prove?.();
    },
    async deliver(issued) {
      note('deliver');
      await changes.deliver?.(issued);
      delivered?.push(issued.secret);
      living?.push(...world.secretsNamed('ci'));
    },
    close: async () => note('close'),
  };
}

const undeliverable = {
  deliver: async () => {
    throw new DeliveryError('The disk is full.', { hints: ['Free some space.'] });
  },
};

test('opened, proven, created, delivered, closed', async () => {
  const world = await startWorld();
  const destination = stream(world);
  const { issued } = await world.create({ verify: false }, { destination });
  expect(destination.calls).toEqual(['open', 'prove', 'deliver', 'close']);
  expect(destination.delivered).toEqual([issued.secret]);
  expect(world.secretsNamed('ci')).toEqual([issued.secret]);
  expect(world.stackState.requests.map(({ route }) => route)).toEqual(['create']);
});

test('the list is asked for first only where it is needed', async () => {
  for (const [changes, routes] of [
    [{ look: true }, ['list', 'create']],
    [{ isRelative: true, expiration: (now: number) => BigInt(now) + 1000n }, ['list', 'create']],
    [{ verify: true }, ['create', 'authorize']],
  ] as const) {
    const world = await startWorld();
    await world.create({ verify: false, ...changes }, { destination: stream(world) });
    expect(world.stackState.requests.map(({ route }) => route)).toEqual(routes);
  }
  const world = await startWorld({ of: 'tokens' });
  const wanted = { name: 'ci', roles: ['ingestion'] };
  const { issued } = await world.create({ verify: false, wanted }, { destination: stream(world) });
  expect(world.stackState.requests.map(({ route }) => route)).toEqual(['token-list', 'token-create', 'token-list']);
  expect(issued.id).toBe(world.stackState.serviceTokens()[0]?.id);
});

test('an end that is reckoned from now is reckoned by the server, and a name that exists is told', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci' });
  world.clock.jump(-6 * 3_600_000);
  const expiration = (now: number) => BigInt(now) + 1000n;
  const result = await world.create({ isRelative: true, expiration }, { destination: stream(world) });
  expect(result.issued.expiration).toBe(BigInt(testTime + 1000));
  expect(result.sameName).toEqual([id]);
  expect(world.events).toContainEqual({ kind: 'clock', aheadMs: 6 * 3_600_000 });
});

test('a token that may create and not list can create all the same', async () => {
  const world = await startWorld();
  world.stackState.setFault('list', { kind: 'status', status: 403 });
  const destination = stream(world);
  const { issued } = await world.create({ look: true }, { destination });
  expect(destination.delivered).toEqual([issued.secret]);
  await world.create();
  expect(world.credentials.isLive(world.held())).toBe(true);
  expect(world.destination.leftovers()).toEqual([]);
});

test('nothing is created where nothing can be delivered', async () => {
  const world = await startWorld();
  const destination = stream(world, { prove: undeliverable.deliver });
  await expect(world.create({}, { destination })).rejects.toMatchObject({ exitCode: 6 });
  expect(destination.calls).toEqual(['open', 'prove', 'close']);
  expect(world.stackState.requests).toEqual([]);
});

test('an interrupt before the request means that nothing happens', async () => {
  const world = await startWorld();
  const destination = stream(world, { prove: async () => world.interrupt.abort(new InterruptedError('SIGINT')) });
  await expect(world.create({}, { destination })).rejects.toMatchObject({ exitCode: 130 });
  expect(destination.calls).toEqual(['open', 'prove', 'close']);
  expect(world.stackState.requests).toEqual([]);
});

test('an interrupt while the request is on its way does not lose the key', async () => {
  const interrupt = new AbortController();
  const world = await startWorld({
    onStage: (stage) => {
      if (stage === 'handled') interrupt.abort(new InterruptedError('SIGINT'));
    },
  });
  const destination = stream(world);
  const { issued } = await world.create({ verify: false }, { destination, interrupt: interrupt.signal });
  expect(interrupt.signal.aborted).toBe(true);
  expect(destination.delivered).toEqual([issued.secret]);
});

test('a key that cannot be delivered is deleted again', async () => {
  const world = await startWorld();
  const failure = await failureOf(world.create({}, { destination: stream(world, undeliverable) }));
  expect(failure).toBeInstanceOf(DeliveryError);
  expect(failure).toMatchObject({
    exitCode: 6,
    message: 'The disk is full. The new key was deleted again.',
    hints: ['Free some space.'],
  });
  expect(world.secretsNamed('ci')).toEqual([]);
});

test('a defect of the program in the delivery leaves no key either', async () => {
  const world = await startWorld();
  const destination = stream(world, { deliver: () => Promise.reject(new TypeError('a defect')) });
  expect(await failureOf(world.create({}, { destination }))).toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('The new key was deleted again.'),
  });
  expect(world.secretsNamed('ci')).toEqual([]);
});

test('a key that can be neither delivered nor deleted is named with the command that deletes it', async () => {
  const world = await startWorld();
  world.stackState.setFault('delete', { kind: 'status', status: 500 });
  const failure = await failureOf(world.create({}, { destination: stream(world, undeliverable) }));
  const id = world.stackState.keys()[0]?.id;
  expect(failure).toMatchObject({
    exitCode: 6,
    message: expect.stringContaining(`The new key ${id} could not be deleted again`),
  });
  expect(failure.hints[0]).toBe(`Delete it: sts ingestion-api-key delete --id ${id}`);
});

test.each<[string, Fault]>([
  ['an error after the creation', { kind: 'status', status: 500, handler: 'run' }],
  ['a reset after the creation', { kind: 'reset', handler: 'run' }],
  ['a deadline after the creation', { kind: 'stall', handler: 'run' }],
  ['half a response', { kind: 'truncate', bytes: 20 }],
  ['a response without a key', { kind: 'body', text: '{}' }],
])('%s names the key that may be it, and deletes nothing', async (_what, fault) => {
  for (const look of [true, false]) {
    const world = await startWorld({ timeoutMs: 200 });
    world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(world.clock.now() - 60_000) });
    world.credentials.seed({ name: 'other' });
    world.stackState.setFault('create', fault);
    const failure = await failureOf(world.create({ look }, { destination: stream(world) }));
    const id = world.stackState.keys().at(-1)?.id;
    expect(failure).toMatchObject({ exitCode: 11, hints: [expect.stringContaining(`sts ingestion-api-key delete --id ${id}`)] });
    expect(world.stackState.count('create')).toBe(1);
    expect(world.stackState.count('delete')).toBe(0);
  }
});

test('a server that failed and lists no new key, also a few seconds later: exit 2', async () => {
  const world = await startWorld();
  const started = world.clock.now();
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(world.create({}, { destination: stream(world) })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('lists no new key'),
  });
  expect(world.stackState.count('list')).toBeGreaterThan(2);
  expect(world.clock.now() - started).toBeGreaterThan(3000);
});

test('a key that a failed server shows only seconds later is named', async () => {
  const world = await startWorld();
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  let late: bigint | undefined;
  const { kind } = world.credentials;
  const list: typeof kind.list = async (call) => {
    const seen = await kind.list(call);
    if (world.clock.now() - testTime > 1500)
      late ??= world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime) }).id;
    return seen;
  };
  const failure = await failureOf(world.create({}, { destination: stream(world), kind: { ...kind, list } }));
  expect(failure).toMatchObject({ exitCode: 11, hints: [expect.stringContaining(`delete --id ${late}`)] });
});

test.each<[string, Fault]>([
  ['a gateway gave up', { kind: 'status', status: 504 }],
  ['the connection was reset', { kind: 'reset' }],
])('where %s the server may still create the key: exit 11', async (_what, fault) => {
  const world = await startWorld();
  world.stackState.setFault('create', fault);
  await expect(world.create({}, { destination: stream(world) })).rejects.toMatchObject({
    exitCode: 11,
    message: expect.stringContaining('may still be creating'),
  });
});

test('where the keys cannot be listed either, the command that lists them is named', async () => {
  const world = await startWorld();
  world.stackState.setFault('any', { kind: 'status', status: 500, handler: 'run' });
  const failure = await failureOf(world.create({}, { destination: stream(world) }));
  expect(failure).toMatchObject({ exitCode: 11 });
  expect(failure.hints[0]).toContain('sts ingestion-api-key list');
});

test('a key made before is no candidate, though the clock of the server is an hour behind', async () => {
  const world = await startWorld();
  world.clock.jump(3_600_000);
  world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime - 60_000) });
  world.stackState.setFault('create', { kind: 'status', status: 500 });
  await expect(world.create({}, { destination: stream(world) })).rejects.toMatchObject({ exitCode: 2 });
});

test('connection refused: nothing was created', async () => {
  const world = await startWorld();
  await world.stackState.close();
  await expect(world.create({}, { destination: stream(world) })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('othing was'),
  });
});

test('rotate: create, verify, deliver, and only then the old key goes', async () => {
  const world = await startWorld();
  world.credentials.seed({ name: 'ci' });
  const destination = stream(world);
  const { fate, issued } = await world.rotate({}, { destination });
  const routes = world.stackState.requests.map(({ route }) => route);
  expect(routes).toEqual(['list', 'create', 'authorize', 'authorize', 'delete']);
  expect(destination.living).toHaveLength(2);
  expect(fate).toBe('deleted');
  expect(world.stackState.keys()).toMatchObject([{ id: issued.id, apiKey: destination.delivered[0] }]);
});

test('rotate: the old key is kept unless told otherwise', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci' });
  const { fate, old } = await world.rotate({ ...plan, deleteOld: false }, { destination: stream(world) });
  expect({ fate, old: old.id, left: world.stackState.keys().length }).toEqual({ fate: 'kept', old: id, left: 2 });
});

test('rotate: what cannot be delivered is deleted again, and the old key stays', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci' });
  await expect(world.rotate({}, { destination: stream(world, undeliverable) })).rejects.toMatchObject({ exitCode: 6 });
  expect(world.stackState.keys().map((key) => key.id)).toEqual([id]);
});

test('rotate: a key that the server refuses for good is deleted again, and the old key stays', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci' });
  world.stackState.setFault('authorize', { kind: 'status', status: 403 });
  const destination = stream(world);
  await expect(world.rotate({}, { destination })).rejects.toMatchObject({ exitCode: 2 });
  expect(destination.delivered).toEqual([]);
  expect(world.stackState.keys().map((key) => key.id)).toEqual([id]);
});

test('rotate: an old key that cannot be deleted is named; the new one is delivered, and is the result', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci' });
  world.stackState.setFault('delete', { kind: 'status', status: 403 });
  const destination = stream(world);
  const { fate, failure, issued } = await world.rotate({}, { destination });
  expect(fate).toBe('kept');
  expect(destination.delivered).toEqual([issued.secret]);
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`the old key ${id} was not deleted`) });
  expect(failure?.hints).toContainEqual(expect.stringContaining(`sts ingestion-api-key delete --id ${id}`));
});

test('rotate: a lost response never names the old key, however new it is', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(testTime) });
  world.stackState.setFault('create', { kind: 'reset', handler: 'run' });
  const failure = await failureOf(world.rotate({}, { destination: stream(world) }));
  const orphan = world.stackState.keys().find((key) => key.id !== id);
  expect(failure).toMatchObject({ exitCode: 11, hints: [expect.stringContaining(`delete --id ${orphan?.id}`)] });
});

test('two equal tokens that were made at the same time are told, not guessed', async () => {
  const world = await startWorld({ of: 'tokens' });
  const { kind } = world.credentials;
  const create: typeof kind.create = async (wanted, call) => {
    const issued = await kind.create(wanted, call);
    world.credentials.seed({ name: 'ci', roles: ['ingestion'], lastUpdateTimestamp: BigInt(testTime) });
    return issued;
  };
  const wanted = { name: 'ci', roles: ['ingestion'] };
  const destination = stream(world, undeliverable);
  const failure = await failureOf(world.create({ wanted }, { destination, kind: { ...kind, create } }));
  const ids = world.stackState.serviceTokens().map(({ id }) => id);
  expect(world.events).toContainEqual({ kind: 'unidentified', candidates: ids });
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining(`it is one of the tokens ${ids.join(', ')}`) });
  expect(failure.hints).toContain(`Delete the token ${ids[0]} if nobody uses it: sts service-token delete --id ${ids[0]}`);
  expect(world.stackState.count('token-delete')).toBe(0);
});
