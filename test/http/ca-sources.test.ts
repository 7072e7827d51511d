import { mkdirSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type ClientOptions, clientOf } from '../api/support.ts';
import { createCertificate } from '../stackstate/certificates.ts';
import { tempFolder } from '../support/temp.ts';
import { createCa, createLeaf, type Link } from './chain.ts';
import { serve } from './servers.ts';

// Which certificates are trusted, and when they are read.

interface Seen {
  readonly url: string;
  readonly requests: () => number;
  readonly handshakes: () => number;
}

/** A server with a certificate of its own CA. */
async function served(chain: Link): Promise<Seen> {
  let [requests, handshakes] = [0, 0];
  const { url } = await serve(
    (_request, response) => {
      requests++;
      response.end('[]');
    },
    {
      ...chain,
      // Called in each handshake.
      ALPNCallback: ({ protocols }) => {
        handshakes++;
        return protocols[0];
      },
    },
  );
  return { url, requests: () => requests, handshakes: () => handshakes };
}

async function serverOf(ca: Link): Promise<Seen> {
  return served(await createLeaf(ca));
}

function listAt({ url }: Seen, options: ClientOptions & { readonly caPem?: string } = {}) {
  const { caPem = '', ...rest } = options;
  return clientOf({ url, caPem }, rest).keys.list();
}

function fileWith(text: string): string {
  const path = join(tempFolder(), 'certificates.pem');
  writeFileSync(path, text);
  return path;
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Puts a text in the place of files of the system. */
function systemFiles(files: Readonly<Record<string, string>>): string[] {
  const asked: string[] = [];
  const { stat } = fs;
  vi.spyOn(fs, 'stat').mockImplementation((async (path: string) => {
    asked.push(path);
    if (path in files) return { isFile: () => true, size: 1 };
    return path.startsWith('/etc') || path.startsWith('/usr') ? Promise.reject(new Error('none')) : stat(path);
  }) as unknown as typeof fs.stat);
  const { readFile } = fs;
  vi.spyOn(fs, 'readFile').mockImplementation(
    (async (path: string, ...rest: []) => files[path] ?? readFile(path, ...rest)) as typeof fs.readFile,
  );
  return asked;
}

test('a CA that is given is all that is read when it is enough: one handshake', async () => {
  const ca = await createCa();
  const server = await serverOf(ca);
  const asked = systemFiles({});
  await listAt(server, { caPem: ca.cert });
  expect(server.handshakes()).toBe(1);
  expect(asked).toEqual([]);
});

test.each([
  ['SSL_CERT_FILE', (ca: Link) => ({ SSL_CERT_FILE: fileWith(ca.cert) })],
  ['SSL_CERT_DIR', (ca: Link) => ({ SSL_CERT_DIR: folderWith({ 'own.pem': ca.cert }) })],
  ['one of several folders of SSL_CERT_DIR', (ca: Link) => ({ SSL_CERT_DIR: `/nowhere:${folderWith({ '1234.0': ca.cert })}` })],
])('the CA certificates of %s are trusted', async (_where, env) => {
  const ca = await createCa();
  const server = await serverOf(ca);
  await listAt(server, { env: env(ca) });
  expect(server.requests()).toBe(1);
});

test.each([
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
])('the store of the system is trusted: %s', async (path) => {
  const ca = await createCa();
  const server = await serverOf(ca);
  systemFiles({ [path]: ca.cert });
  await listAt(server);
  expect(server.requests()).toBe(1);
});

test("a certificate in the system's folder that its bundle lacks is trusted", async () => {
  const ca = await createCa();
  const server = await serverOf(ca);
  systemFiles({ '/etc/ssl/certs/own.pem': ca.cert });
  const { readdir } = fs;
  vi.spyOn(fs, 'readdir').mockImplementation((async (path: string) =>
    path === '/etc/ssl/certs' ? ['own.pem'] : readdir(path)) as unknown as typeof fs.readdir);
  await listAt(server);
  expect(server.requests()).toBe(1);
});

test('all sources are trusted beside each other, whatever is given', async () => {
  const [given, file, folder] = [await createCa(), await createCa(), await createCa()];
  const env = { SSL_CERT_FILE: fileWith(file.cert), SSL_CERT_DIR: folderWith({ 'a.pem': folder.cert }) };
  for (const ca of [given, file, folder]) {
    const server = await serverOf(ca);
    await listAt(server, { caPem: given.cert, env });
    expect(server.requests()).toBe(1);
  }
});

test('a create is sent once, however many CA certificates had to be read for it', async () => {
  const ca = await createCa();
  let created = 0;
  const { url } = await serve(
    (_request, response) => {
      created++;
      response.end('{"id":1,"name":"x","lastUpdateTimestamp":1,"apiKey":"k"}');
    },
    await createLeaf(ca),
  );
  const env = { SSL_CERT_FILE: fileWith(ca.cert) };
  await clientOf({ url, caPem: (await createCa()).cert }, { env }).keys.create({ name: 'x' });
  expect(created).toBe(1);
});

test('sources that cannot be read, are no certificates or would never end take nothing away', async () => {
  const ca = await createCa();
  const server = await serverOf(ca);
  const folder = folderWith({ 'no.pem': 'nothing', 'damaged.pem': damaged, 'own.pem': ca.cert });
  mkdirSync(join(folder, 'folder'));
  await listAt(server, { env: { SSL_CERT_FILE: '/dev/zero', SSL_CERT_DIR: folder } });
  expect(server.requests()).toBe(1);
});

test('a server that nothing vouches for is refused', async () => {
  const server = await serverOf(await createCa());
  const env = { SSL_CERT_FILE: fileWith((await createCa()).cert) };
  await expect(listAt(server, { env })).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('not trusted') });
  expect(server.requests()).toBe(0);
});

test.each([
  ['the root', 0],
  ['the intermediate CA', 1],
  ["the server's own certificate", 2],
] as const)('%s of a chain is enough to be given', async (_what, index) => {
  const root = await createCa();
  const intermediate = await createCa(root);
  const leaf = await createLeaf(intermediate);
  const server = await served({ cert: `${leaf.cert}\n${intermediate.cert}`, key: leaf.key });
  const given = [root, intermediate, leaf][index]?.cert ?? '';
  await listAt(server, { caPem: given });
  await listAt(server, { env: { SSL_CERT_FILE: fileWith(given) } });
  expect(server.requests()).toBe(2);
});

test('a server that leaves its intermediate CA out is trusted where that is given', async () => {
  const root = await createCa();
  const intermediate = await createCa(root);
  const server = await serverOf(intermediate);
  await listAt(server, { caPem: root.cert + intermediate.cert });
  await listAt(server, { caPem: intermediate.cert });
  await expect(listAt(server, { caPem: root.cert })).rejects.toMatchObject({ exitCode: 4 });
});

test("a server's own certificate vouches for no other server, and for no other host", async () => {
  const ca = await createCa();
  const [one, other] = [await createLeaf(ca), await createLeaf(ca)];
  await expect(listAt(await served(one), { caPem: other.cert })).rejects.toMatchObject({ exitCode: 4 });
  const elsewhere = await createCertificate({ wrongHost: true });
  await expect(listAt(await served(elsewhere), { caPem: elsewhere.cert })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('another host name'),
  });
});

const damaged = '-----BEGIN CERTIFICATE-----\nYWJjCg==\n-----END CERTIFICATE-----\n';

test.each([
  ['before', (good: string) => damaged + good, 'Certificate 1 of the 2 CA certificates given cannot be read and is left out.'],
  ['after', (good: string) => good + damaged, 'Certificate 2 of the 2 CA certificates given cannot be read and is left out.'],
  [
    'around',
    (good: string) => damaged + good + damaged,
    'Certificates 1, 3 of the 3 CA certificates given cannot be read and are left out.',
  ],
])('a damaged certificate %s a good one is named, and the good one trusted', async (_where, pem, warning) => {
  const ca = await createCa();
  const server = await serverOf(ca);
  const warnings: string[] = [];
  await listAt(server, { caPem: pem(ca.cert), warn: (line) => warnings.push(line) });
  expect(warnings).toEqual([warning]);
  expect(server.requests()).toBe(1);
});
