import { createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { clientOf } from '../api/support.ts';
import { tokens } from '../stackstate/server.ts';
import { runBuilt } from '../support/built.ts';
import { caFileOf, startForTest } from '../support/stackstate.ts';

test('an own authority is trusted besides the public ones: one request, one handshake', async () => {
  const stackState = await startForTest({ tls: true });
  await clientOf(stackState).keys.list();
  expect(stackState.tlsHandshakes).toBe(1);
  expect(stackState.requests).toHaveLength(1);
});

test.each([
  ['an unknown authority', {}, {}, /CA that is not trusted here/, /--ca-cert-path/],
  ['an expired certificate', { tls: { expired: true } }, undefined, /has expired/, /renewed/],
  [
    'a certificate for another host',
    { tls: { wrongHost: true } },
    undefined,
    /another host name/,
    /host name of the certificate/,
  ],
])('%s is an error of its own, and no token was sent', async (_name, server, trust, message, hint) => {
  const stackState = await startForTest({ tls: true, ...server });
  const api = clientOf(trust === undefined ? stackState : { url: stackState.url, caPem: '' });
  await expect(api.keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(message),
    hints: [expect.stringMatching(hint)],
  });
  expect(stackState.requests).toEqual([]);
});

test('create over an untrusted connection says that nothing was created', async () => {
  const stackState = await startForTest({ tls: true });
  await expect(clientOf({ url: stackState.url, caPem: '' }).keys.create({ name: 'x' })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('nothing was created'),
  });
  expect(stackState.requests).toEqual([]);
});

test('skip-ssl takes any certificate', async () => {
  const stackState = await startForTest({ tls: { wrongHost: true } });
  await clientOf({ url: stackState.url, caPem: '' }, { skipSsl: true }).keys.list();
  expect(stackState.requests).toHaveLength(1);
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch verification off', async () => {
  const stackState = await startForTest({ tls: true });
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  onTestFinished(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  await expect(clientOf({ url: stackState.url, caPem: '' }).keys.list()).rejects.toMatchObject({ exitCode: 4 });
});

test('the authorities of NODE_EXTRA_CA_CERTS stay trusted beside an own one', async () => {
  const [extra, own] = [await startForTest({ tls: true, now: Date.now }), await startForTest({ tls: true, now: Date.now })];
  const env = { NODE_EXTRA_CA_CERTS: caFileOf(extra), STS_CA_CERT_PATH: caFileOf(own), STS_CLI_API_TOKEN: tokens.api };
  for (const { url } of [extra, own]) {
    const { code, stderr } = await runBuilt(['ingestion-api-key', 'list', '--url', url], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
});

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
  'the built program trusts the CA certificates of %s alone',
  async (variable) => {
    const stackState = await startForTest({ tls: true, now: Date.now });
    const env = { [variable]: caFileOf(stackState), STS_CLI_API_TOKEN: tokens.api };
    const { code, stderr } = await runBuilt(['ingestion-api-key', 'list', '--url', stackState.url], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stackState.requests).toHaveLength(1);
  },
);

test.each([
  ['no certificate'],
  ['-----BEGIN CERTIFICATE-----\nYWJjCg==\n-----END CERTIFICATE-----\n'],
  ['-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
])('authorities that are no certificates are an error of the configuration: %j', async (caPem) => {
  const stackState = await startForTest({ tls: true });
  await expect(clientOf({ url: stackState.url, caPem }).keys.list()).rejects.toMatchObject({ exitCode: 1 });
});

test('extra authorities of the environment that cannot be used take nothing away from the own ones', async () => {
  const stackState = await startForTest({ tls: true, now: Date.now });
  const env = { NODE_EXTRA_CA_CERTS: '/dev/null', STS_CA_CERT_PATH: caFileOf(stackState), STS_CLI_API_TOKEN: tokens.api };
  const { code } = await runBuilt(['ingestion-api-key', 'list', '--url', stackState.url], { env });
  expect(code).toBe(0);
});

/** A server that accepts connections and never says a word. */
async function silentServer(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** More than a busy machine takes; the deadline itself is proven by the error that names it. */
const farTooLateMs = 8000;

test.each(['http', 'https'])('a silent %s server ends at the deadline', async (scheme) => {
  const url = `${scheme}://${await silentServer()}`;
  const started = performance.now();
  await expect(clientOf({ url, caPem: '' }, { timeoutMs: 400 }).keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('no response within 0.4 s'),
  });
  expect(performance.now() - started).toBeLessThan(farTooLateMs);
});

test('a silent proxy ends at the deadline, and nothing was created', async () => {
  const env = { HTTPS_PROXY: `http://${await silentServer()}` };
  const started = performance.now();
  await expect(
    clientOf({ url: 'https://stackstate.invalid', caPem: '' }, { timeoutMs: 400, env }).keys.create({ name: 'x' }),
  ).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/no response within 0\.4 s.*nothing was created/),
  });
  expect(performance.now() - started).toBeLessThan(farTooLateMs);
});

test('a body that drips ends at the deadline', async () => {
  const stackState = await startForTest();
  stackState.setFault('list', { kind: 'drip', intervalMs: 50 });
  const started = performance.now();
  await expect(clientOf(stackState, { timeoutMs: 400 }).keys.list()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/no (?:complete )?response within 0\.4 s/),
  });
  expect(performance.now() - started).toBeLessThan(farTooLateMs);
});
