// Makes the code cache of the built program for the Node this runs on: the program does its common work once, and what V8 compiled on
// the way is kept. Usage: node scripts/code-cache.mjs DIST
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const dist = process.argv[2];
const { loadToCache, codeCache } = createRequire(import.meta.url)(join(dist, 'load.cjs'));
const key = { id: 1, lastUpdateTimestamp: 1, name: 'n', description: 'd', expiration: 1 };
const answers = { GET: [key], POST: { ...key, apiKey: 'k' } };
const server = createServer((request, response) => {
  request.resume();
  const body = answers[request.method];
  response.writeHead(body === undefined ? 204 : 200, { 'content-type': 'application/json' });
  response.end(body && JSON.stringify(body));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const silent = { write: async () => {}, isTTY: false, columns: undefined, state: 'open' };
const world = {
  env: { STS_CLI_URL: `http://127.0.0.1:${server.address().port}`, STS_CLI_API_TOKEN: 't' },
  home: undefined,
  resolvePath: (path) => path,
  stdin: { isTTY: false },
  stdout: silent,
  stderr: silent,
  now: () => Date.now(),
  sleep: async () => {},
  interrupt: new AbortController().signal,
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
// Whole or not at all: V8 does not look whether what it takes has been cut or damaged.
const folder = join(dist, 'code-cache');
mkdirSync(`${folder}.new`, { recursive: true });
for (const [name, data] of codeCache()) writeFileSync(join(`${folder}.new`, name), data);
mkdirSync(folder);
renameSync(`${folder}.new`, join(folder, `${process.version}-${process.platform}-${process.arch}`));
