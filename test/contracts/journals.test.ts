import { describe, expect, test } from 'vitest';
import type { Destination, Journal } from '../../src/credentials/ports.ts';
import type { Facts, JournalRecord } from '../../src/credentials/record.ts';
import { JournalLostError } from '../../src/errors.ts';
import { testTime } from '../support/stackstate.ts';
import { testClock } from '../support/test-clock.ts';
import { type DestinationUnderTest, journaledCases } from './destinations.ts';

// What every journal promises, wherever it is kept.

const facts: Facts = {
  kind: 'ingestion-api-key',
  oldKind: 'ingestion-api-key',
  server: 'https://stackstate.example.com/api',
  run: 'run-1',
  wanted: { name: 'ci', description: 'ünïcödé "quoted"\n', expiration: 9_223_372_036_854_775_807n, roles: ['a', 'b'] },
  startedAt: testTime,
  timeoutMs: 30_000,
  before: [1n, 9_223_372_036_854_775_807n],
  held: 'a'.repeat(64),
  old: { id: 1n, name: 'ci' },
  deleteOld: true,
  afterMs: 600_000,
};

const delivered = { ...facts, stage: 'delivered', digest: 'd'.repeat(64), deleteAt: testTime + 1, settled: false } as const;

const records: readonly JournalRecord[] = [
  { ...facts, stage: 'creating' },
  { ...facts, old: undefined, wanted: { name: 'first' }, before: [], held: undefined, stage: 'creating' },
  { ...facts, stage: 'created', newId: 7n, secret: 'iapikeyok-S3CRET' },
  { ...facts, stage: 'created', newId: undefined, secret: 'svctok-S3CRET' },
  { ...delivered, newId: 7n },
  { ...delivered, newId: 7n, consumers: ['deployment/collector', 'daemonset/agent'] },
  { ...delivered, newId: undefined, settled: true },
];

describe.each(journaledCases)('the journal of $title', ({ start }) => {
  /** A run that has opened the destination; `seed` puts the first secret there. */
  async function opened(place: DestinationUnderTest): Promise<{ destination: Destination; journal: Journal }> {
    const destination = place.forRun();
    await destination.open();
    if (destination.journal === undefined) throw new Error('it keeps a journal');
    return { destination, journal: destination.journal };
  }

  async function begin() {
    const place = await start(testClock(testTime), () => {});
    place.seed('iapikeyok-OLD');
    return place;
  }

  test('there is none at first, and reading it leaves none', async () => {
    const place = await begin();
    const { destination, journal } = await opened(place);
    expect(await journal.read()).toBeUndefined();
    await journal.confirm();
    await journal.drop();
    await destination.close();
    expect(place.leftovers()).toEqual([]);
  });

  test.each(records)('what is written is read by the next run: $stage, new id $newId', async (record) => {
    const place = await begin();
    const { destination, journal } = await opened(place);
    // Only journals that may hold a secret are given one.
    if (record.stage === 'created' && !journal.keepsSecrets) return destination.close();
    await journal.read();
    await journal.write(record);
    await journal.confirm();
    await destination.close();
    const later = await opened(place);
    expect(await later.journal.read()).toEqual(record);
    await later.destination.close();
    expect(place.held()).toBe('iapikeyok-OLD');
  });

  test('one that is dropped is gone, and may be dropped twice', async () => {
    const place = await begin();
    const { destination, journal } = await opened(place);
    await journal.read();
    await journal.write({ ...facts, stage: 'creating' });
    expect(place.leftovers()).not.toEqual([]);
    await journal.drop();
    await journal.drop();
    await destination.close();
    expect(place.leftovers()).toEqual([]);
    expect(await (await opened(place)).journal.read()).toBeUndefined();
  });

  test('a run that another one has taken it over from can do nothing any more', async () => {
    const place = await begin();
    const first = await opened(place);
    await first.journal.read();
    await first.journal.write({ ...facts, stage: 'creating' });
    // As after a freeze: the lock, where there is one, is another's by now.
    await first.destination.close();
    const second = await opened(place);
    const found = await second.journal.read();
    if (found === undefined) throw new Error('it is there');
    await second.journal.write({ ...found, run: 'run-2' });

    await expect(first.journal.confirm()).rejects.toBeInstanceOf(JournalLostError);
    await expect(first.journal.write({ ...delivered, newId: 7n })).rejects.toBeInstanceOf(JournalLostError);
    await expect(first.journal.drop()).rejects.toBeInstanceOf(JournalLostError);
    expect(await second.journal.read()).toEqual({ ...facts, run: 'run-2', stage: 'creating' });
    await second.journal.confirm();
    await second.journal.drop();
    await second.destination.close();
  });

  test('a run that found none cannot write once another one has', async () => {
    const place = await begin();
    const first = await opened(place);
    await first.journal.read();
    await first.destination.close();
    const second = await opened(place);
    await second.journal.read();
    await second.journal.write({ ...facts, run: 'run-2', stage: 'creating' });
    await expect(first.journal.write({ ...facts, stage: 'creating' })).rejects.toBeInstanceOf(JournalLostError);
    await second.destination.close();
  });

  test('it says where it is and how a user gets rid of it', async () => {
    const { journal } = await opened(await begin());
    expect(journal.place).not.toBe('');
    expect(journal.remove).not.toBe('');
  });
});
