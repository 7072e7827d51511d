import { ProxyAgent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { startForTest, startProxyForTest } from '../support/stackstate.ts';
import { call, keysPath } from './caller.ts';
import type { ProxyOptions, RunningProxy } from './proxy.ts';
import { type StackState, tokens } from './server.ts';

// A host name that can be reached only through the proxy.
const host = 'stackstate.example';
const tls = { hosts: [host] };

function through(proxy: RunningProxy, ca: string, options: { token?: string; tunnel?: boolean } = {}): ProxyAgent {
  const agent = new ProxyAgent({
    // The proxy is given by name, because undici would send an IP address as the TLS server name, which is not allowed.
    uri: proxy.url.replace('127.0.0.1', 'localhost'),
    requestTls: { ca },
    proxyTls: { ca: proxy.caPem },
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.tunnel === undefined ? {} : { proxyTunnel: options.tunnel }),
  });
  onTestFinished(() => agent.destroy());
  return agent;
}

function named({ url, caPem, port }: StackState): { url: string; caPem: string } {
  return { url: `${url.split(':', 1)[0]}://${host}:${port}`, caPem };
}

async function list(stackState: StackState, dispatcher: ProxyAgent): Promise<number | string> {
  return call(named(stackState), 'GET', keysPath, { dispatcher, signal: AbortSignal.timeout(10_000) }).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
  );
}

test.each<[string, ProxyOptions]>([
  ['a plain proxy', {}],
  ['a proxy behind TLS', { tls: true }],
])('https goes through %s as a tunnel, of which it sees the host alone', async (_, options) => {
  const stackState = await startForTest({ tls });
  const proxy = await startProxyForTest(options);
  expect(await list(stackState, through(proxy, stackState.caPem))).toBe(200);
  expect(proxy.connects).toBe(1);
  expect(proxy.requests).toMatchObject([{ method: 'CONNECT', target: `${host}:${stackState.port}`, host }]);
  expect(JSON.stringify(proxy.requests)).not.toContain(tokens.service);
  expect(proxy.tunnelled).toBeGreaterThan(100);
  expect(stackState.count('list')).toBe(1);
});

test('http goes through as a request for an absolute URL', async () => {
  const stackState = await startForTest();
  const proxy = await startProxyForTest();
  expect(await list(stackState, through(proxy, '', { tunnel: false }))).toBe(200);
  const target = `http://${host}:${stackState.port}${keysPath}`;
  expect(proxy.requests).toMatchObject([{ method: 'GET', target, host, headers: { 'x-api-key': tokens.service } }]);
  expect(proxy.connects).toBe(0);
  expect(stackState.requests).toMatchObject([{ path: keysPath, headers: { host: `${host}:${stackState.port}` } }]);
});

test('a proxy may ask who you are', async () => {
  const stackState = await startForTest({ tls });
  const proxy = await startProxyForTest({ credentials: { user: 'me', password: 'pass' } });
  expect(await list(stackState, through(proxy, stackState.caPem))).toMatch(/407/);
  const token = `Basic ${Buffer.from('me:pass').toString('base64')}`;
  expect(await list(stackState, through(proxy, stackState.caPem, { token }))).toBe(200);
  expect(proxy.connects).toBe(2);
  expect(stackState.requests).toHaveLength(1);
});

test('a proxy may refuse', async () => {
  const stackState = await startForTest({ tls });
  const proxy = await startProxyForTest({ behaviour: 'refuse' });
  expect(await list(stackState, through(proxy, stackState.caPem))).toMatch(/403/);
  expect(stackState.connections).toBe(0);
});

test('a proxy may stay silent, until it is closed', async () => {
  const stackState = await startForTest({ tls });
  const proxy = await startProxyForTest({ behaviour: 'silent' });
  const waiting = list(stackState, through(proxy, stackState.caPem));
  while (proxy.connects === 0) await new Promise((next) => setImmediate(next));
  await proxy.close();
  expect(await waiting).not.toBe(200);
  expect(stackState.connections).toBe(0);
});

test('a server that is not there is a bad gateway', async () => {
  const stackState = await startForTest({ tls });
  const proxy = await startProxyForTest();
  await stackState.close();
  expect(await list(stackState, through(proxy, stackState.caPem))).toMatch(/502/);
});
