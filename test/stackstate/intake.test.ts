import { expect, test } from 'vitest';
import { startForTest, testTime } from '../support/stackstate.ts';
import { call, keysPath, sendSpan } from './caller.ts';

test.each(['traces', 'metrics', 'logs'] as const)(
  'a collector sends %s with a live key, under both names of the scheme',
  async (signal) => {
    const stackState = await startForTest();
    const { apiKey } = stackState.seed({ name: 'a' });
    const send = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      return (await call(stackState, 'POST', `/v1/${signal}`, { headers, body: '{}' })).status;
    };
    expect(await send(`SUSEObservability ${apiKey}`)).toBe(200);
    expect(await send(`StackState ${apiKey}`)).toBe(200);
    expect(await send(`Bearer ${apiKey}`)).toBe(403);
    expect(await send(`SUSEObservability ${apiKey}x`)).toBe(403);
    expect(await send()).toBe(403);
    expect(stackState.intake[signal]).toEqual({ accepted: 2, refused: 3 });
  },
);

test('an agent sends with a live key in the query', async () => {
  const stackState = await startForTest({ receiverKey: 'receiver' });
  const { apiKey } = stackState.seed({ name: 'a' });
  const send = async (key: string) =>
    (await call(stackState, 'POST', `/receiver/stsAgent/intake?api_key=${key}`, { headers: {}, body: '{}' })).status;
  expect(await send(apiKey)).toBe(200);
  expect(await send('receiver')).toBe(200);
  expect(await send('unknown')).toBe(403);
  expect(stackState.intake.intake).toEqual({ accepted: 2, refused: 1 });
});

test('a key is taken until it is deleted', async () => {
  const stackState = await startForTest();
  const { apiKey, id } = stackState.seed({ name: 'a' });
  expect(await sendSpan(stackState, apiKey)).toBe(200);
  await call(stackState, 'DELETE', `${keysPath}/${id}`);
  expect(await sendSpan(stackState, apiKey)).toBe(403);
});

test('a key is taken until it expires, by the clock of the platform', async () => {
  let now = testTime;
  const stackState = await startForTest({ now: () => now });
  const { apiKey } = stackState.seed({ name: 'a', expiration: BigInt(testTime + 1000) });
  now += 999;
  expect(await sendSpan(stackState, apiKey)).toBe(200);
  now += 1;
  expect(await sendSpan(stackState, apiKey)).toBe(403);
});
