import { expect, test } from 'vitest';
import type { Fault } from '../stackstate/server.ts';
import { seedHeld, startWorld } from './support.ts';

const faults: Readonly<Record<string, Fault>> = {
  'answers 500': { kind: 'status', status: 500 },
  'answers 500 after doing it': { kind: 'status', status: 500, handler: 'run' },
  'answers 403': { kind: 'status', status: 403 },
  'answers 401': { kind: 'status', status: 401 },
  'answers 504 after doing it': { kind: 'status', status: 504, handler: 'run' },
  'resets the connection': { kind: 'reset' },
  'resets it after doing it': { kind: 'reset', handler: 'run' },
  stalls: { kind: 'stall' },
  'stalls after doing it': { kind: 'stall', handler: 'run' },
  'cuts its answer': { kind: 'truncate' },
  'speaks no HTTP': { kind: 'raw', bytes: 'who are you?\n' },
};

test.each(Object.entries(faults))('a server that %s from any request on costs no key', async (_what, fault) => {
  for (let served = 0; served < 5; served++) {
    const world = await startWorld({ timeoutMs: 200 });
    seedHeld(world);
    world.stackState.setFault('any', fault, { skip: served });
    const failure = await world.rotate().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (served < 4) expect(failure, `${served} requests served`).toHaveProperty('exitCode');
    expect(told(failure)).not.toMatch(/iapikeyok-/);
    expect(world.stackState.store.isLive(world.held()), `${served} requests served`).toBe(true);

    world.stackState.clearFaults();
    // A key that a silent server was still making when it was looked for is found by the next rotation.
    await world.rotate();
    expect(world.keysNamed('ci'), `${served} requests served`).toEqual([world.held()]);
    expect(world.files()).toEqual(['ingestion.key']);
  }
});

/** All that an error and its causes say. */
function told(error: unknown): string {
  return error instanceof Error
    ? [error.message, JSON.stringify('hints' in error ? error.hints : []), told(error.cause)].join('\n')
    : '';
}
