import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createApi } from '../../src/api/client.ts';
import { serviceTokens } from '../../src/kinds/service-token.ts';
import { keyFileIn } from '../contracts/destinations.ts';
import { timeoutMs, tokensOf } from '../contracts/kinds.ts';
import { count } from '../support/counts.ts';
import { type Hook, killer, type Moment, systemError } from '../support/interception.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { testClock } from '../support/test-clock.ts';
import { failing, failureOf, worldOf } from './support.ts';

// A rotation of the very token that the command is authenticated with, as `--service-token "$(cat FILE)" --key-file FILE` does.

let points = 0;

afterAll(() => count('kill points', points));

async function begin() {
  const clock = testClock(testTime);
  // No other token is known here.
  const stackState = await startForTest({ now: () => clock.serverNow(), tokens: [] });
  const apiWith = (value: string) => {
    const settings = {
      url: stackState.url,
      apiPath: '/api',
      token: { kind: 'service-token', value },
      skipSsl: false,
      timeoutMs: 5000,
    } as const;
    const api = createApi({ settings, env: {}, version: '0.0.0', now: () => clock.now(), sleep: async () => {} });
    onTestFinished(() => api.close());
    return api;
  };
  /** What a new process makes of the token in the file. */
  const kindOf = (ownToken: string) => serviceTokens({ api: apiWith(ownToken), server: stackState.url, timeoutMs, ownToken });
  const destination = keyFileIn(join(tempFolder({ fast: true }), 'token'));
  const credentials = tokensOf(stackState, apiWith('not used'));
  const world = worldOf({ clock, credentials, destination });
  const reset = () => {
    world.reset();
    world.seedHeld({ name: 'ci', roles: ['stackstate-admin'] });
  };
  const rotate = (hook?: Hook) => {
    const kind = kindOf(destination.held() ?? '');
    return world.rotate({}, { kind, ...(hook === undefined ? {} : { hook }) });
  };
  return { world, stackState, reset, rotate };
}

test('it works, the last step included: from its verification on the new token is used', async () => {
  const { world, stackState, reset, rotate } = await begin();
  reset();
  const before = world.destination.held();
  const { fate } = await rotate();
  expect(fate).toBe('deleted');
  world.expectHealed();
  const used = stackState.requests.filter(({ route }) => route !== 'info' && route !== 'validate');
  const tokens = used.map(({ route, headers }) => [route, headers['x-api-key'] === before ? 'old' : 'new']);
  expect(tokens).toEqual([
    ['token-list', 'old'],
    ['token-create', 'old'],
    ['token-list', 'old'],
    ['token-delete', 'new'],
  ]);
});

test('one that cannot be delivered is deleted again, and not with itself', async () => {
  const { world, stackState, reset, rotate } = await begin();
  reset();
  const before = world.destination.held();
  const full = failing('before rename key', systemError('ENOSPC'));
  const failure = await failureOf(rotate(full.hook));
  expect(full.happened()).toBe(1);
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('The new token was deleted again.') });
  const deletion = stackState.requests.find(({ route }) => route === 'token-delete');
  expect(deletion?.headers['x-api-key']).toBe(before);
  world.expectHealed();
});

test('killed at every moment: the token in the file is accepted, and after the next run one lives', {
  timeout: 120_000,
}, async () => {
  const { world, reset, rotate } = await begin();
  reset();
  const moments: Moment[] = [];
  await rotate((moment) => void moments.push(moment));
  for (const { point, call, when } of moments) {
    if (when === 'after' && point < moments.length - 1) continue;
    const where = `killed ${when} ${call} (${point})`;
    reset();
    const { hook, killed } = killer(point);
    await rotate(hook).catch(() => undefined);
    expect(killed(), where).toBe(true);
    expect(world.credentials.isLive(world.destination.held() ?? ''), where).toBe(true);
    await rotate();
    world.expectHealed(where);
    points += 1;
  }
});
