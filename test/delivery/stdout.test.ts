import { expect, test } from 'vitest';
import type { IssuedIngestionApiKey } from '../../src/api/model.ts';
import { stdoutDestination } from '../../src/delivery/stdout.ts';
import { recordedStream, systemError } from '../output/streams.ts';

const issued: IssuedIngestionApiKey = { id: 1n, name: 'ci', lastUpdateTimestamp: 1n, apiKey: 'iapikeyok-1' };

test('an open stdout gets the text as it is rendered', async () => {
  const stdout = recordedStream();
  const target = stdoutDestination(stdout, ({ apiKey }) => `${apiKey}\n`);
  await target.prove();
  expect(stdout.writes).toEqual([]);
  await target.deliver(issued);
  await target.abandon();
  expect(stdout.text()).toBe('iapikeyok-1\n');
});

test.each(['closed', 'null-device'] as const)('a stdout that is %s is refused before there is a key', async (state) => {
  const target = stdoutDestination(recordedStream({ state }), () => '');
  await expect(target.prove()).rejects.toThrow('nobody could read the key');
  await expect(target.prove()).rejects.toHaveProperty('exitCode', 6);
});

test.each(['EPIPE', 'ENOSPC'])('a write that ends in %s is a failed delivery that does not quote the key', async (code) => {
  const target = stdoutDestination(recordedStream({ failure: systemError(code) }), ({ apiKey }) => apiKey);
  await target.prove();
  const failure = await target.deliver(issued).catch((error: unknown) => error);
  expect(failure).toHaveProperty('exitCode', 6);
  expect(String(failure)).toContain(code);
  expect(String(failure)).not.toContain('iapikeyok-1');
});
