import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../stackstate/listen.ts';
import { tokens } from '../stackstate/server.ts';
import { runBuilt } from '../support/built.ts';
import { against, caFileOf, startForTest, startProxyForTest } from '../support/stackstate.ts';

const keys = 'ingestion-api-key';
const token = ['--service-token', tokens.service];
const everyVerb = [
  [keys, 'list'],
  [keys, 'create', '--name', 'n'],
  [keys, 'delete', '--id', '7'],
];

test.each(everyVerb)('%s %s sends one request over one connection with one handshake', async (...argv) => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  stackState.seed({ id: 7n, name: 'seven' });
  expect(await runBuilt([...argv, ...against(stackState)])).toMatchObject({ code: 0, stderr: '' });
  expect(stackState.requests).toHaveLength(1);
  expect([stackState.connections, stackState.tlsHandshakes]).toEqual([1, 1]);
  const { headers } = stackState.requests[0] ?? {};
  expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': expect.stringMatching(/^StackStateCLI\/\d/) });
});

const certificates = [
  {
    what: 'for another host',
    tls: { wrongHost: true },
    trusted: true,
    message: /is for another host name\..*\n {2}Use the host name/,
  },
  {
    what: 'expired',
    tls: { expired: true },
    trusted: true,
    message: /has expired\..*\n {2}Check the clock .*have the certificate renewed/,
  },
  {
    what: 'of an unknown authority',
    tls: true,
    trusted: false,
    message: /CA that is not trusted here.*\n {2}.*--ca-cert-path/,
  },
];

test.each(certificates)(
  'a certificate $what is refused with its own words, and no token is sent',
  async ({ tls, trusted, message }) => {
    const stackState = await startForTest({ now: Date.now, tls });
    const ca = trusted ? ['--ca-cert-path', caFileOf(stackState)] : [];
    for (const verb of everyVerb) {
      const result = await runBuilt([...verb, '--url', stackState.url, ...token, ...ca]);
      expect(result).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(message) });
      expect(result.stderr).toContain(`127.0.0.1:${stackState.port}`);
      if (verb.includes('create')) expect(result.stderr).toContain('Nothing reached the server, so nothing was created.');
    }
    expect(stackState.requests).toEqual([]);
  },
);

test('NODE_TLS_REJECT_UNAUTHORIZED=0 switches nothing off', async () => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  expect(await runBuilt([keys, 'list', '--url', stackState.url, ...token], { env })).toMatchObject({ code: 4, stdout: '' });
  expect(stackState.requests).toEqual([]);
});

test('an authority is trusted by path, by base64 data and by environment', async () => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  const data = Buffer.from(stackState.caPem).toString('base64');
  const flags = ['--url', stackState.url, ...token];
  const path = caFileOf(stackState);
  expect(await runBuilt([keys, 'list', ...flags, '--ca-cert-path', path])).toMatchObject({ code: 0 });
  expect(await runBuilt([keys, 'list', ...flags, '--ca-cert-base64-data', data])).toMatchObject({ code: 0 });
  expect(await runBuilt([keys, 'list', ...flags], { env: { STS_CA_CERT_PATH: path } })).toMatchObject({ code: 0 });
  expect(await runBuilt([keys, 'list', ...flags], { env: { STS_CA_CERT_BASE64_DATA: data } })).toMatchObject({ code: 0 });
});

test('a CA file that is missing, or none, is named', async () => {
  const flags = [keys, 'list', '--url', 'https://127.0.0.1:9', ...token, '--ca-cert-path'];
  const missing = await runBuilt([...flags, '/nowhere/ca.pem']);
  const none = await runBuilt([...flags, '/dev/null']);
  expect(missing).toMatchObject({ code: 5, stderr: expect.stringMatching(/\/nowhere\/ca\.pem .*no such file.*\n {2}\S/) });
  expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/\/dev\/null.* holds no PEM certificate\.\n {2}\S/) });
});

test('an own authority is also trusted through a proxy, which sees no token', async () => {
  const stackState = await startForTest({ now: Date.now, tls: { hosts: ['stackstate.example'] } });
  const proxy = await startProxyForTest({ credentials: { user: 'me', password: 'p@ss' } });
  const env = { HTTPS_PROXY: `http://me:p%40ss@127.0.0.1:${proxy.port}` };
  const flags = ['--url', `https://stackstate.example:${stackState.port}`, ...token];
  const unknown = await runBuilt([keys, 'list', ...flags], { env });
  expect(unknown).toMatchObject({ code: 4, stderr: expect.stringMatching(/CA that is not trusted here/) });
  const trusted = await runBuilt([keys, 'list', ...flags, '--ca-cert-path', caFileOf(stackState)], { env });
  expect(trusted).toEqual({ code: 0, signal: null, stdout: 'No ingestion api keys found.\n', stderr: '' });
  expect(stackState.requests).toHaveLength(1);
  // Where the first CA certificates are not enough, the handshake is tried anew with more of them.
  expect(proxy.connects).toBeGreaterThanOrEqual(2);
  expect(JSON.stringify(proxy.requests)).not.toContain(tokens.service);
});

test.each([
  {
    what: 'refuses',
    options: { behaviour: 'refuse' as const },
    message: /The proxy 127\.0\.0\.1:\d+ refused to connect to .*403/,
  },
  { what: 'wants credentials', options: { credentials: { user: 'u', password: 'p' } }, message: /demands a user and a password/ },
])('a proxy that $what is what is blamed', async ({ options, message }) => {
  const proxy = await startProxyForTest(options);
  const env = { HTTPS_PROXY: proxy.url };
  const result = await runBuilt([keys, 'create', '-n', 'n', '--url', 'https://stackstate.example', ...token], { env });
  expect(result).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(message) });
  expect(result.stderr).toContain('NO_PROXY');
});

test('loopback is never sent to a proxy, and NO_PROXY is honoured', async () => {
  const stackState = await startForTest({ now: Date.now });
  const proxy = await startProxyForTest({ behaviour: 'refuse' });
  const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
  expect(await runBuilt([keys, 'list', ...against(stackState)], { env })).toMatchObject({ code: 0 });
  // An address that leads nowhere: only the way to it is of interest.
  const excluded = ['--url', 'http://192.0.2.1', ...token, '--timeout', '200ms'];
  expect(await runBuilt([keys, 'list', ...excluded], { env: { ...env, NO_PROXY: '192.0.2.0/24' } })).toMatchObject({ code: 4 });
  expect(proxy.requests).toEqual([]);
});

/** A server that takes connections and bytes and never says a word, below HTTP. */
async function startMute(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server, 0);
}

/** The start of node and the program may take this long on a busy machine; it does not belong to the deadline. */
const startMs = 2000;

async function timed(argv: readonly string[], env: Record<string, string> = {}) {
  const started = Date.now();
  const result = await runBuilt([...argv, ...token, '--timeout', '500ms'], { env });
  return { ...result, ms: Date.now() - started };
}

test.each(['http', 'https'])('a mute %s server ends in the deadline', async (scheme) => {
  const port = await startMute();
  const url = `${scheme}://127.0.0.1:${port}`;
  const list = await timed([keys, 'list', '--url', url]);
  expect(list).toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringMatching(/gave no response within 0\.5 s\.\n {2}.*--timeout/),
  });
  expect(list.ms).toBeLessThan(500 + startMs);
  const create = await timed([keys, 'create', '-n', 'n', '--url', url]);
  // Over TLS nothing was sent yet.
  expect(create).toMatchObject({
    code: scheme === 'https' ? 4 : 11,
    stdout: '',
    stderr: expect.stringContaining('no response within 0.5 s'),
  });
  // An unknown outcome is looked into, under a deadline of its own.
  expect(create.ms).toBeLessThan(2 * 500 + startMs);
});

test.each([
  { what: 'stalls', fault: { kind: 'stall' as const }, said: 'no response' },
  {
    what: 'stalls within the body',
    fault: { kind: 'stall' as const, handler: 'run' as const, part: 'half' as const },
    said: 'no complete response',
  },
  { what: 'drips a byte a second', fault: { kind: 'drip' as const }, said: 'no complete response' },
])('an answer that $what ends in the deadline', async ({ fault, said }) => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  stackState.setFault('list', fault);
  const { ms, ...result } = await timed([keys, 'list', '--url', stackState.url, '--ca-cert-path', caFileOf(stackState)]);
  expect(result).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(`gave ${said} within 0.5 s`) });
  expect(ms).toBeLessThan(500 + startMs);
  expect(stackState.requests).toHaveLength(1);
});

test('a silent proxy ends in the deadline', async () => {
  const proxy = await startProxyForTest({ behaviour: 'silent' });
  const mute = await startMute();
  for (const port of [proxy.port, mute]) {
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
    const { ms, ...result } = await timed([keys, 'list', '--url', 'https://stackstate.example'], env);
    expect(result).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('no response within 0.5 s') });
    expect(result.stderr).toContain(`went through the proxy 127.0.0.1:${port}.`);
    expect(ms).toBeLessThan(500 + startMs);
  }
});

test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed, and its target sees nothing', async (status) => {
  const [stackState, other] = [await startForTest({ now: Date.now }), await startForTest({ now: Date.now })];
  stackState.setFault('any', { kind: 'redirect', status, to: `${other.url}/api/security/ingestion/api_keys` });
  for (const verb of everyVerb) {
    const result = await runBuilt([...verb, ...against(stackState)]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/redirects to http:.*The token is not sent there\.\n {2}.*--url/);
  }
  expect(other.connections).toBe(0);
  expect(stackState.requests).toHaveLength(3);
});

test('a server that nobody runs is named, with where to look', async () => {
  const port = await startMuteAndStop();
  const result = await runBuilt([keys, 'create', '-n', 'n', '--url', `http://127.0.0.1:${port}`, ...token]);
  expect(result).toMatchObject({ code: 4, stdout: '' });
  expect(result.stderr).toMatch(
    /127\.0\.0\.1:\d+ refused the connection.* Nothing reached the server, so nothing was created\.\n {2}Check the URL/,
  );
});

test('https to a server that speaks http is explained', async () => {
  const stackState = await startForTest({ now: Date.now });
  const result = await runBuilt([keys, 'list', '--url', stackState.url.replace('http:', 'https:'), ...token]);
  expect(result).toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringMatching(/does not speak TLS on this port.*\n {2}Use another port/),
  });
});

test('http to a server that speaks TLS is explained', async () => {
  const stackState = await startForTest({ now: Date.now, tls: true });
  const result = await runBuilt([keys, 'list', '--url', stackState.url.replace('https:', 'http:'), ...token]);
  expect(result).toMatchObject({ code: 4, stdout: '' });
  expect(result.stderr).toMatch(
    /(closed the connection|broke the connection off).*\n {2}If this port expects TLS, .* https:\/\/\./,
  );
});

test('a proxy that forwards http and wants credentials is what is blamed, and create knows that nothing was created', async () => {
  const proxy = await startProxyForTest({ credentials: { user: 'u', password: 'p' } });
  const flags = ['--url', 'http://stackstate.example', ...token];
  const result = await runBuilt([keys, 'create', '-n', 'n', ...flags], { env: { HTTP_PROXY: proxy.url } });
  expect(result).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('demands a user and a password') });
  expect(result.stderr).toContain('HTTP_PROXY=http://USER:PASSWORD@HOST:PORT');
});

test('-v names the proxy without its credentials', async () => {
  const stackState = await startForTest({ now: Date.now });
  const proxy = await startProxyForTest({ credentials: { user: 'me', password: 'secret-password' } });
  const env = { http_proxy: `http://me:secret-password@127.0.0.1:${proxy.port}` };
  const result = await runBuilt([keys, 'list', '-v', '--url', `http://stackstate.example:${stackState.port}`, ...token], { env });
  expect(result.code).toBe(0);
  expect(result.stderr).toContain(`\nproxy=127.0.0.1:${proxy.port} from environment http_proxy\n`);
  expect(result.stderr).not.toContain('secret-password');
});

/** A port on which nothing listens. */
async function startMuteAndStop(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
