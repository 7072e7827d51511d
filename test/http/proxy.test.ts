import { connect } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { proxyFor } from '../../src/http/proxy.ts';
import { clientOf } from '../api/support.ts';
import { type ProxyOptions, startProxy } from '../stackstate/proxy.ts';
import { startForTest } from '../support/stackstate.ts';
import { serveSockets, transportTo } from './servers.ts';

const host = 'stackstate.example.com';

async function proxyForTest(options: ProxyOptions = {}) {
  const proxy = await startProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function startBehindProxy(options: ProxyOptions = {}, server: { tls?: boolean } = { tls: true }) {
  const proxy = await proxyForTest(options);
  const stackState = await startForTest(server.tls ? { tls: { hosts: [host] } } : {});
  return { proxy, stackState, url: `${server.tls ? 'https' : 'http'}://${host}:${stackState.port}` };
}

test('https goes through a tunnel, the own authority is trusted there too, and the proxy sees no token', async () => {
  const { proxy, stackState, url } = await startBehindProxy();
  await clientOf(stackState, { url, env: { HTTPS_PROXY: proxy.url } }).keys.list();
  expect(stackState.requests).toMatchObject([
    { path: '/api/security/ingestion/api_keys', headers: { host: `${host}:${stackState.port}` } },
  ]);
  expect(proxy.requests).toMatchObject([{ method: 'CONNECT', target: `${host}:${stackState.port}` }]);
  expect(Object.keys(proxy.requests[0]?.headers ?? {})).not.toContain('x-api-key');
  expect(stackState.tlsHandshakes).toBe(1);
});

test('an unknown authority behind a proxy is the same helpful error as without', async () => {
  const { proxy, stackState, url } = await startBehindProxy();
  await expect(clientOf({ url, caPem: '' }, { env: { HTTPS_PROXY: proxy.url } }).keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('CA that is not trusted'),
    hints: [expect.stringContaining('--ca-cert-path')],
  });
  expect(stackState.requests).toEqual([]);
});

test('http is forwarded by the proxy as an absolute URL', async () => {
  const { proxy, stackState, url } = await startBehindProxy({}, { tls: false });
  await clientOf(stackState, { url, env: { http_proxy: proxy.url } }).keys.create({ name: 'x' });
  expect(proxy.requests).toMatchObject([{ method: 'POST', target: `${url}/api/security/ingestion/api_keys` }]);
  expect(stackState.requests).toMatchObject([{ method: 'POST', headers: { host: `${host}:${stackState.port}` } }]);
});

test('a proxy reached over TLS is verified with the own authority too', async () => {
  const { proxy, stackState, url } = await startBehindProxy({ tls: true });
  const env = { HTTPS_PROXY: proxy.url };
  await clientOf(stackState, { url, env, caCertificates: stackState.caPem + proxy.caPem }).keys.list();
  expect(stackState.requests).toHaveLength(1);
  await expect(clientOf(stackState, { url, env }).keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining(`The proxy 127.0.0.1:${proxy.port} cannot be used`),
  });
});

test('a user in the URL of the proxy is its credentials, and a wrong one is told without them', async () => {
  const { proxy, stackState, url } = await startBehindProxy({ credentials: { user: 'me', password: 'p%q' } });
  await clientOf(stackState, { url, env: { HTTPS_PROXY: `http://me:p%25q@127.0.0.1:${proxy.port}` } }).keys.list();
  expect(stackState.requests).toHaveLength(1);
  await expect(
    clientOf(stackState, { url, env: { HTTPS_PROXY: `http://me:wrong@127.0.0.1:${proxy.port}` } }).keys.list(),
  ).rejects.toMatchObject({
    exitCode: 4,
    message: `The proxy 127.0.0.1:${proxy.port} does not accept the user and the password given in HTTPS_PROXY.`,
    hints: [expect.stringContaining('HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT'), expect.stringContaining('NO_PROXY')],
  });
});

test.each([
  { what: 'without a user', user: '', message: 'demands a user and a password.' },
  {
    what: 'with a wrong one',
    user: 'me:secret-password@',
    message: 'does not accept the user and the password given in http_proxy.',
  },
])('a proxy that forwards http and is asked $what is what refuses, not the server', async ({ user, message }) => {
  const { proxy, stackState, url } = await startBehindProxy({ credentials: { user: 'me', password: 'p' } }, { tls: false });
  const api = clientOf(stackState, { url, env: { http_proxy: `http://${user}127.0.0.1:${proxy.port}` } });
  // Nothing was created or deleted, so no outcome is unknown.
  for (const call of [() => api.keys.list(), () => api.keys.create({ name: 'x' }), () => api.keys.delete(7n)]) {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      exitCode: 4,
      message: expect.stringContaining(`The proxy 127.0.0.1:${proxy.port} ${message}`),
    });
    expect(inspect(error, { depth: 9 })).not.toContain('secret-password');
  }
  expect(stackState.requests).toEqual([]);
});

test.each([{ tls: true }, { tls: false }])('a proxy is named in the log, without its credentials (%o)', async (server) => {
  const { proxy, stackState, url } = await startBehindProxy({ credentials: { user: 'me', password: 'p' } }, server);
  const lines: string[] = [];
  const env = { [server.tls ? 'HTTPS_PROXY' : 'http_proxy']: `http://me:p@127.0.0.1:${proxy.port}` };
  await clientOf(stackState, { url, env, log: (line) => lines.push(line) }).keys.list();
  expect(lines[0]).toBe(`proxy=127.0.0.1:${proxy.port} from environment ${server.tls ? 'HTTPS_PROXY' : 'http_proxy'}`);
  expect(lines).toHaveLength(2);
});

test('a proxy that refuses or is not there is named, and create says that nothing was created', async () => {
  const { proxy, stackState, url } = await startBehindProxy({ behaviour: 'refuse' });
  const api = clientOf(stackState, { url, env: { HTTPS_PROXY: proxy.url } });
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/proxy .* refused .*403.*nothing was created/),
  });
  await proxy.close();
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/proxy .*ECONNREFUSED/),
  });
  expect(stackState.requests).toEqual([]);
});

test.each([{ tls: true }, { tls: false }])('a silent proxy ends at the deadline (%o)', async (server) => {
  const { proxy, stackState, url } = await startBehindProxy({ behaviour: 'silent' }, server);
  const started = performance.now();
  await expect(
    clientOf(stackState, { url, env: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }, timeoutMs: 400 }).keys.list(),
  ).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('gave no response within 0.4 s'),
    hints: [
      expect.stringContaining('--timeout'),
      expect.stringContaining(`went through the proxy 127.0.0.1:${proxy.port}. HTTP`),
    ],
  });
  expect(performance.now() - started).toBeLessThan(1400);
});

test('loopback is always reached directly', async () => {
  const proxy = await proxyForTest();
  const stackState = await startForTest();
  await clientOf(stackState, { env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url } }).keys.list();
  expect(proxy.requests).toEqual([]);
  expect(stackState.requests).toHaveLength(1);
});

test.each([
  ['https://a.example/', { HTTPS_PROXY: 'http://p:3128' }, 'p:3128'],
  ['https://a.example/', { HTTPS_PROXY: 'p:3128' }, 'p:3128'],
  ['https://a.example/', { HTTPS_PROXY: 'https://p' }, 'p:443'],
  ['https://a.example/', { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:2' }, 'lower:2'],
  ['https://a.example/', { HTTP_PROXY: 'http://p:3128' }, undefined],
  ['http://a.example/', { HTTP_PROXY: 'http://p:3128' }, 'p:3128'],
  ['http://a.example/', { HTTPS_PROXY: 'http://p:3128' }, undefined],
  ['https://a.example/', { HTTPS_PROXY: '' }, undefined],
  ['https://a.example/', { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.example' }, undefined],
  ['https://b.a.example/', { HTTPS_PROXY: 'http://p', NO_PROXY: 'x, a.example' }, undefined],
  ['https://b.a.example/', { HTTPS_PROXY: 'http://p', NO_PROXY: '.a.example' }, undefined],
  ['https://ba.example/', { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.example' }, 'p:80'],
  ['https://a.example:8443/', { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.example:8443' }, undefined],
  ['https://a.example/', { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.example:8443' }, 'p:80'],
  ['https://10.1.2.3/', { HTTPS_PROXY: 'http://p', NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3/', { HTTPS_PROXY: 'http://p', NO_PROXY: '10.0.0.0/8' }, 'p:80'],
  ['https://a.example/', { HTTPS_PROXY: 'http://p', NO_PROXY: '*' }, undefined],
  ['https://localhost:9/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://127.8.8.8/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://[::1]/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://[::ffff:127.0.0.1]/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://[::ffff:127.9.9.9]/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://[::ffff:0.0.0.0]/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://[::ffff:128.0.0.1]/', { HTTPS_PROXY: 'http://p' }, 'p:80'],
  ['https://[::]/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://0.0.0.0:8443/', { HTTPS_PROXY: 'http://p' }, undefined],
  ['https://10.0.0.0/', { HTTPS_PROXY: 'http://p' }, 'p:80'],
])('%s with %o goes by %s', (url, env, name) => {
  expect(proxyFor(new URL(url), env)?.label.name).toBe(name);
});

test.each([
  ['nothing but a scheme', 'http://'],
  ['another kind of proxy', 'socks5://p:1080'],
  ['a wrongly encoded password', 'http://user:secret%zz@p'],
  ['a bare % in the password', 'http://user:secret%@p:3128'],
  ['a bare # in the password', 'http://user:secret#1@p:3128'],
  ['a bare / in the password', 'http://user:secret/1@p:3128'],
  ['a bare ? in the password', 'http://user:secret?1@p:3128'],
  ['a backslash in the password', 'http://user:secret\\1@p:3128'],
  ['backslashes for slashes', 'http:\\\\user:secret@p:3128'],
  ['a path', 'http://user:secret@p:3128/path'],
  ['a query', 'http://user:secret@p:3128?a=b'],
  ['a fragment', 'http://user:secret@p:3128#a'],
  ['a path that begins like a password', 'http://user:1/secret@p:3128'],
])('a proxy with %s is refused without being echoed', (_what, value) => {
  let error: unknown;
  try {
    proxyFor(new URL('https://a.example'), { HTTPS_PROXY: value });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining('HTTPS_PROXY') });
  expect(inspect(error, { depth: 9 })).not.toContain('secret');
  if (value.includes('user:')) {
    expect(error).toMatchObject({ hints: expect.arrayContaining([expect.stringContaining('ercent-encode')]) });
  }
});

test.each([
  ['a user and a password', 'http://user:pass@p:3128', 'user:pass'],
  ['an encoded password', 'http://user:%25%23%2F%3F%40%5C@p:3128', 'user:%#/?@\\'],
  ['a password alone', 'http://:token@p:3128', ':token'],
  ['a user alone', 'http://user@p:3128', 'user:'],
  ['letters beyond ASCII', 'http://us%C3%A9r:p%C3%A4ss@p:3128', 'us\u00e9r:p\u00e4ss'],
  ['a slash at the end', 'http://user:pass@p:3128/', 'user:pass'],
  ['no scheme', 'user:pass@p:3128', 'user:pass'],
])('a proxy with %s is sent it', (_what, value, credentials) => {
  const proxy = proxyFor(new URL('https://a.example'), { HTTPS_PROXY: value });
  expect(Buffer.from(proxy?.authorization?.replace('Basic ', '') ?? '', 'base64').toString()).toBe(credentials);
  expect(proxy?.label).toMatchObject({ name: 'p:3128', hasUser: true });
});

/** A proxy that says this to a CONNECT, and leads to a server if that opens the way. */
async function connectProxy(port: number, words: readonly string[]) {
  const heads: string[] = [];
  const proxy = await serveSockets((client) => {
    client.once('data', (head) => {
      heads.push(head.toString());
      for (const part of words) client.write(part);
      const server = connect(port, '127.0.0.1');
      server.on('error', () => {});
      client.pipe(server).pipe(client);
    });
  });
  return { ...proxy, heads };
}

test.each([
  ['201', ['HTTP/1.1 201 Created\r\n\r\n']],
  ['200 with headers', ['HTTP/1.0 200 OK\r\nProxy-Agent: x\r\nContent-Length: 0\r\n\r\n']],
  ['200 without words', ['HTTP/1.1 200\r\n\r\n']],
  ['100 and then 200', ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n']],
  ['200 in pieces', ['HTTP/1.1 2', '00 OK\r\nA: b\r\n\r', '\n']],
])('a CONNECT that is answered with %s opens the way', async (_what, words) => {
  const stackState = await startForTest({ tls: { hosts: [host] } });
  const { url: HTTPS_PROXY, heads } = await connectProxy(stackState.port, words);
  const url = `https://${host}:${stackState.port}`;
  await clientOf(stackState, { url, env: { HTTPS_PROXY } }).keys.list();
  expect(stackState.requests).toHaveLength(1);
  expect(heads).toEqual([`CONNECT ${host}:${stackState.port} HTTP/1.1\r\nHost: ${host}:${stackState.port}\r\n\r\n`]);
});

test.each([
  ['no HTTP', 'SSH-2.0-x\r\n\r\n', /cannot be used \(its response is not HTTP\).*nothing was created/],
  [
    'a head without end',
    `HTTP/1.1 200 OK\r\n${'x'.repeat(20_000)}`,
    /cannot be used \(its response has too many headers\).*nothing was created/,
  ],
  [
    'a redirect',
    'HTTP/1.1 302 Found\r\nLocation: https://login.example\r\n\r\n',
    /refused to connect to .* \(302\).*nothing was created/,
  ],
  ['503', 'HTTP/1.1 503 Unavailable\r\n\r\n', /refused to connect to .* \(503\).*nothing was created/],
])('a CONNECT that is answered with %s says what the proxy did, and nothing was created', async (_what, words, message) => {
  const stackState = await startForTest({ tls: { hosts: [host] } });
  const { url: HTTPS_PROXY } = await connectProxy(stackState.port, [words]);
  const url = `https://${host}:${stackState.port}`;
  await expect(clientOf(stackState, { url, env: { HTTPS_PROXY } }).keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(message),
    hints: [expect.stringContaining('HTTPS_PROXY')],
  });
  expect(stackState.requests).toEqual([]);
});

test('a proxy that is given wins over the environment, for loopback too, and is not called a variable', async () => {
  const proxy = await proxyForTest({ credentials: { user: 'me', password: 'p' } });
  const stackState = await startForTest({ tls: true });
  const settings = { caCertificates: stackState.caPem, env: { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '*' } };
  const request = { method: 'GET', path: '/api/server/info', changes: false } as const;
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await transportTo(stackState.url, { ...settings, log, proxyUrl: `http://me:p@127.0.0.1:${proxy.port}` }).send(request);
  expect(proxy.connects).toBe(1);
  expect(lines[0]).toBe(`proxy=127.0.0.1:${proxy.port} from proxy-url`);
  await expect(
    transportTo(stackState.url, { ...settings, proxyUrl: 'socks5://127.0.0.1:9' }).send(request),
  ).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('proxy-url') });
});
