import { randomBytes } from 'node:crypto';
import type { SecureVersion } from 'node:tls';
import { expect, test } from 'vitest';
import { clientOf } from '../api/support.ts';
import { type Certificate, createCertificate } from '../stackstate/certificates.ts';
import { startForTest } from '../support/stackstate.ts';
import { createCa, createLeaf } from './chain.ts';
import { serve, serveSockets, transportTo } from './servers.ts';

// What keeps TLS from coming about: each has a remedy of its own.

/** Lists keys and expects that to fail as said, whatever is tried. */
async function expectRefusal(url: string, { caPem }: Pick<Certificate, 'caPem'>, message: RegExp, hint: RegExp): Promise<void> {
  const api = clientOf({ url, caPem });
  for (const call of [() => api.keys.list(), () => api.keys.create({ name: 'x' })]) {
    await expect(call()).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(message),
      hints: expect.arrayContaining([expect.stringMatching(hint)]),
    });
  }
  await expect(api.keys.create({ name: 'x' })).rejects.toMatchObject({ message: expect.stringContaining('nothing was created') });
}

test.each(['TLSv1', 'TLSv1.1'] as SecureVersion[])('a server that speaks %s alone', async (version) => {
  const certificate = await createCertificate();
  const { url } = await serve(() => {}, {
    ...certificate,
    minVersion: version,
    maxVersion: version,
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await expectRefusal(url, certificate, /supports no version of TLS that this program accepts/, /updated.*TLS 1\.2/);
});

test('a server that responds with TLS 1.0 whatever it is offered', async () => {
  const certificate = await createCertificate();
  const { url } = await serveSockets((socket) => socket.once('data', () => socket.write(serverHello(0x0301))), 'https');
  await expectRefusal(url, certificate, /supports no version of TLS that this program accepts/, /updated.*TLS 1\.2/);
});

test('a server without secure renegotiation (RFC 5746)', async () => {
  const certificate = await createCertificate();
  const { url } = await serveSockets((socket) => socket.once('data', () => socket.write(serverHello(0x0303))), 'https');
  await expectRefusal(url, certificate, /secure renegotiation.*RFC 5746/, /firewall that inspects TLS/);
});

/** The first message of a server, without any extension. */
function serverHello(version: number): Buffer {
  const cipher = version === 0x0301 ? [0xc0, 0x13] : [0xc0, 0x2f];
  const body = Buffer.concat([Buffer.from([version >> 8, version & 0xff]), randomBytes(32), Buffer.from([0, ...cipher, 0])]);
  const handshake = Buffer.concat([Buffer.from([2, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([22, version >> 8, version & 0xff, 0, handshake.length]), handshake]);
}

test.each(['TLSv1.2', 'TLSv1.3'] as SecureVersion[])('a server that demands a client certificate (%s)', async (version) => {
  const certificate = await createCertificate();
  let requests = 0;
  const { url } = await serve(() => requests++, {
    ...certificate,
    requestCert: true,
    rejectUnauthorized: true,
    ca: certificate.caPem,
    minVersion: version,
    maxVersion: version,
  });
  await expectRefusal(url, certificate, /client certificate|aborted the TLS handshake/, /client certificate|cannot send/);
  expect(requests).toBe(0);
});

test('a client certificate that is given is shown', async () => {
  const ca = await createCa();
  const [server, client] = [await createLeaf(ca), await createLeaf(ca, 'client')];
  const tls = { ...server, requestCert: true, rejectUnauthorized: true, ca: ca.cert };
  const { url } = await serve((_request, response) => response.end('{}'), tls);
  const transport = transportTo(url, { caCertificates: ca.cert, clientCertificate: client });
  expect(await transport.send({ method: 'GET', path: '/', changes: false })).toMatchObject({ status: 200 });
});

test('a client certificate and a key that do not belong together are an error of the configuration', async () => {
  const ca = await createCa();
  const [one, other] = [await createLeaf(ca, 'client'), await createLeaf(ca, 'client')];
  const transport = transportTo('https://127.0.0.1:9', { clientCertificate: { cert: one.cert, key: other.key } });
  await expect(transport.send({ method: 'GET', path: '/', changes: false })).rejects.toMatchObject({ exitCode: 1 });
});

test('another name than that of the URL can be expected', async () => {
  const certificate = await createCertificate({ hosts: ['kubernetes'], wrongHost: false });
  const { port } = await serve((_request, response) => response.end('{}'), certificate);
  const settings = { caCertificates: certificate.caPem, serverName: 'kubernetes' };
  const transport = transportTo(`https://127.0.0.1:${port}`, settings);
  expect(await transport.send({ method: 'GET', path: '/', changes: false })).toMatchObject({ status: 200 });
  const wrong = transportTo(`https://127.0.0.1:${port}`, { ...settings, serverName: 'elsewhere' });
  await expect(wrong.send({ method: 'GET', path: '/', changes: false })).rejects.toMatchObject({
    cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  });
});

test('https to a port without TLS', async () => {
  const stackState = await startForTest();
  const url = stackState.url.replace('http:', 'https:');
  await expectRefusal(url, stackState, /does not speak TLS on this port/, /http:\/\//);
});

test.each(['SSH-2.0-OpenSSH_9.6\r\n', '220 mail.example ESMTP\r\n'])(
  'https to a server of another kind: %j',
  async (greeting) => {
    const { url } = await serveSockets((socket) => socket.write(greeting), 'https');
    await expectRefusal(url, { caPem: '' }, /does not speak TLS on this port/, /another port/);
  },
);

test('a server that has no cipher in common with this program', async () => {
  const certificate = await createCertificate();
  const { url } = await serve(() => {}, { ...certificate, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' });
  await expectRefusal(url, certificate, /aborted the TLS handshake/, /cipher/);
});

test('http to a port that expects TLS', async () => {
  const stackState = await startForTest({ tls: true });
  await expect(
    clientOf({ url: stackState.url.replace('https:', 'http:'), caPem: '' }, { sleep: async () => {} }).keys.list(),
  ).rejects.toMatchObject({
    hints: expect.arrayContaining([expect.stringMatching(/https:\/\//)]),
  });
});
