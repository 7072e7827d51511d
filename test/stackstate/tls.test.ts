import { expect, test } from 'vitest';
import { startForTest } from '../support/stackstate.ts';
import { call } from './caller.ts';
import type { StackState } from './server.ts';

async function info(stackState: Pick<StackState, 'url' | 'caPem'>): Promise<number | string> {
  return call(stackState, 'GET', '/api/server/info').then(
    ({ status }) => status,
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'no code'),
  );
}

test('over TLS it is reached by whoever trusts its authority', async () => {
  const stackState = await startForTest({ tls: true });
  expect(stackState.url).toBe(`https://127.0.0.1:${stackState.port}`);
  expect(await info(stackState)).toBe(200);
  expect(await info({ ...stackState, url: `https://localhost:${stackState.port}` })).toBe(200);
  expect(stackState.tlsHandshakes).toBe(2);
  expect(stackState.connections).toBe(2);
});

test('whoever does not trust it ends the connection before a token is sent', async () => {
  const stackState = await startForTest({ tls: true });
  const { caPem } = await startForTest({ tls: true });
  expect(await info({ url: stackState.url, caPem: '' })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  expect(await info({ url: stackState.url, caPem })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  expect(stackState.requests).toEqual([]);
});

test('its certificate can be over, or for another host', async () => {
  const expired = await startForTest({ tls: { expired: true } });
  const elsewhere = await startForTest({ tls: { wrongHost: true } });
  expect(await info(expired)).toBe('CERT_HAS_EXPIRED');
  expect(await info(elsewhere)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  expect([...expired.requests, ...elsewhere.requests]).toEqual([]);
});
