import { afterAll, expect, test } from 'vitest';
import { apiOf, keysOf, tokensOf } from '../contracts/kinds.ts';
import type { Fault } from '../stackstate/server.ts';
import { count } from '../support/counts.ts';
import { startWorld } from './support.ts';

const faults: Readonly<Record<string, Fault>> = {
  'responds with 500': { kind: 'status', status: 500 },
  'responds with 500 after doing it': { kind: 'status', status: 500, handler: 'run' },
  'responds with 403': { kind: 'status', status: 403 },
  'responds with 401': { kind: 'status', status: 401 },
  'responds with 504 after doing it': { kind: 'status', status: 504, handler: 'run' },
  'resets the connection': { kind: 'reset' },
  'resets it after doing it': { kind: 'reset', handler: 'run' },
  stalls: { kind: 'stall' },
  'stalls after doing it': { kind: 'stall', handler: 'run' },
  'cuts its response': { kind: 'truncate' },
  'speaks no HTTP': { kind: 'raw', bytes: 'who are you?\n' },
};

/** Requests of a rotation: list, create, verify, verify once more, delete. */
const requests = 5;
let tried = 0;

afterAll(() => count('server faults', tried));

for (const of of ['keys', 'tokens'] as const) {
  test.each(Object.entries(faults))(`of ${of}: a server that %s from any request on costs none`, async (_what, fault) => {
    // Tokens: one more list tells the id, and each verification asks twice.
    for (let served = 0; served <= (of === 'keys' ? requests : requests + 3); served++) {
      const world = await startWorld({ of });
      const impatient = apiOf(world.stackState, world.clock, 60);
      const { kind } = of === 'keys' ? keysOf(world.stackState, impatient) : tokensOf(world.stackState, impatient);
      world.seedHeld();
      world.stackState.setFault('any', fault, { skip: served });
      const failure = await world.rotate({}, { kind }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (served < requests - 1) expect(failure, `${served} requests served`).toHaveProperty('exitCode');
      expect(told(failure)).not.toMatch(/iapikeyok-|svctok-/);
      expect(world.credentials.isLive(world.held()), `${served} requests served`).toBe(true);

      world.stackState.clearFaults();
      // A credential that a silent server was still making when it was looked for is found by the next rotation.
      await world.rotate();
      world.expectHealed(`${served} requests served`);
      tried += 1;
    }
  });
}

/** All that an error and its causes say. */
function told(error: unknown): string {
  return error instanceof Error
    ? [error.message, JSON.stringify('hints' in error ? error.hints : []), told(error.cause)].join('\n')
    : '';
}
