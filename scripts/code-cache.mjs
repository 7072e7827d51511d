// Makes the code cache of the built program for the Node this runs on: the program does its common work once, and what V8 compiled on
// the way is kept. Usage: node scripts/code-cache.mjs DIST
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , dist = ''] = process.argv;
/** @type {typeof import('../src/load.ts')} */
const { loadToCache, codeCache } = createRequire(import.meta.url)(join(dist, 'load.cjs'));
const key = { id: 1, lastUpdateTimestamp: 1, name: 'n', description: 'd', expiration: 1 };
/** @type {Record<string, unknown>} */
const answers = { GET: [key], POST: { ...key, id: 2, apiKey: 'k' } };
const server = createServer((request, response) => {
  request.resume();
  const body = answers[request.method ?? ''];
  response.writeHead(body === undefined ? 204 : 200, { 'content-type': 'application/json' });
  response.end(body && JSON.stringify(body));
});
/** @type {number} */
const port = await new Promise((listening) => {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    listening(typeof address === 'object' && address !== null ? address.port : 0);
  });
});

/** @type {import('../src/platform/world.ts').OutputStream} */
const silent = { write: async () => {}, isTTY: false, columns: undefined, rows: undefined, state: 'open' };
/** @type {import('../src/platform/world.ts').World} */
const world = {
  env: { STS_CLI_URL: `http://127.0.0.1:${port}`, STS_CLI_API_TOKEN: 't' },
  home: undefined,
  resolvePath: (path) => path,
  stdin: { isTTY: false, readAll: async () => '', ask: async () => '' },
  stdout: silent,
  stderr: silent,
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async () => {},
  interrupt: new AbortController().signal,
  disk: () => Promise.reject(new Error('no disk here')),
  processes: () => Promise.reject(new Error('no processes here')),
};
const { main } = loadToCache();
const keys = 'ingestion-api-key';
const lines = [
  ['--help'],
  [keys, '--help'],
  [keys, 'create', '--help'],
  ['version'],
  [keys, 'lst'],
  [keys, 'list', '--nam'],
  [keys, 'list'],
  [keys, 'list', '-o', 'json'],
  [keys, 'create', '--name', 'n', '--expires-in', '90d'],
  [keys, 'create', '--name', 'n', '-o', 'json'],
  [keys, 'delete', '--id', '1'],
];
for (const line of lines) {
  const code = await main(line, world);
  if (code !== (line.some((word) => word === 'lst' || word === '--nam') ? 3 : 0))
    throw new Error(`${line.join(' ')} ended in ${code}`);
}
server.close();
// Whole or not at all, also when the machine fails right afterwards.
const folder = join(dist, 'code-cache');
mkdirSync(`${folder}.new`, { recursive: true });
for (const [name, data] of codeCache()) writeFileSync(join(`${folder}.new`, name), data, { flush: true });
mkdirSync(folder);
flushFolder(`${folder}.new`);
renameSync(`${folder}.new`, join(folder, `${process.version}-${process.platform}-${process.arch}`));
flushFolder(folder);

/** Makes sure that the names in a folder are on the disk. Windows has no such call, and needs none.
 * @param {string} path */
function flushFolder(path) {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
