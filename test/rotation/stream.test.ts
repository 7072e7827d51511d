import { expect, test } from 'vitest';
import type { Destination } from '../../src/delivery/destination.ts';
import { DeliveryError } from '../../src/errors.ts';
import { rotate } from '../../src/rotation/rotate.ts';
import { plan, startWorld, type World } from './support.ts';

/** A stream that notes which keys lived when the new one went out. */
function stream({ stackState }: World, fails = false) {
  const seen = { key: '', living: 0 };
  const destination: Destination = {
    description: 'the stream',
    prove: async () => {},
    deliver: async ({ apiKey }) => {
      if (fails) throw new DeliveryError('The reader is gone.');
      Object.assign(seen, { key: apiKey, living: stackState.keys().length });
    },
    abandon: async () => {},
  };
  return { seen, destination };
}

test('create, verify, deliver, and only then the old key goes', async () => {
  const world = await startWorld();
  world.stackState.seed({ name: 'ci' });
  const { seen, destination } = stream(world);
  const { deleted, issued } = await rotate(world.context, plan, destination);
  expect(world.stackState.requests.map(({ route }) => route)).toEqual(['list', 'create', 'authorize', 'delete']);
  expect(seen.living).toBe(2);
  expect(deleted).toBe(true);
  expect(world.stackState.keys()).toMatchObject([{ id: issued.id, apiKey: seen.key }]);
});

test('the old key is kept unless told otherwise', async () => {
  const world = await startWorld();
  const { id } = world.stackState.seed({ name: 'ci' });
  const { deleted, old } = await rotate(world.context, { ...plan, deleteOld: false }, stream(world).destination);
  expect({ deleted, old: old.id, left: world.stackState.keys().length }).toEqual({ deleted: false, old: id, left: 2 });
});

test('what cannot be delivered is deleted again, and the old key stays', async () => {
  const world = await startWorld();
  const { id } = world.stackState.seed({ name: 'ci' });
  await expect(rotate(world.context, plan, stream(world, true).destination)).rejects.toMatchObject({ exitCode: 6 });
  expect(world.stackState.keys().map((key) => key.id)).toEqual([id]);
});

test('a key that the server refuses for good is deleted again, and the old key stays', async () => {
  const world = await startWorld();
  const { id } = world.stackState.seed({ name: 'ci' });
  world.stackState.setFault('authorize', { kind: 'status', status: 403 });
  const { seen, destination } = stream(world);
  await expect(rotate(world.context, plan, destination)).rejects.toMatchObject({ exitCode: 2 });
  expect(seen.key).toBe('');
  expect(world.stackState.keys().map((key) => key.id)).toEqual([id]);
});

test('an old key that cannot be deleted is named; the new one is delivered', async () => {
  const world = await startWorld();
  const { id } = world.stackState.seed({ name: 'ci' });
  world.stackState.setFault('delete', { kind: 'status', status: 403 });
  const failure = await rotate(world.context, plan, stream(world).destination).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`the old key ${id} was not deleted`) });
  expect((failure as DeliveryError).hints[0]).toContain(`sts ingestion-api-key delete --id ${id}`);
});

test('a lost answer never names the old key, however new it is', async () => {
  const world = await startWorld();
  const { id } = world.stackState.seed({ name: 'ci' });
  world.stackState.setFault('create', { kind: 'reset', handler: 'run' });
  const failure = await rotate(world.context, plan, stream(world).destination).catch((error: unknown) => error);
  const orphan = world.stackState.keys().find((key) => key.id !== id);
  expect(failure).toMatchObject({ exitCode: 11, hints: [expect.stringContaining(`delete --id ${orphan?.id}`)] });
});
