import { spawn } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StackState } from '../stackstate/server.ts';
import { runBuilt } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

// The program that reads the key runs as another user than the one that rotates it. To switch users the tests have to be root's.

const isRoot = process.getuid?.() === 0;
const other = { uid: 65_534, gid: 65_534 };
const testOfTwoUsers = test.skipIf(!isRoot);
if (!isRoot) console.warn('SKIPPED: two users at one key file. Only root may switch users.');

/** Sends 250 requests a second with the key in a file, which it reads again on change, as a collector does. It runs until it is killed. */
const reader = `
const [file, url] = process.argv.slice(1);
const fs = require('node:fs');
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
let key = '';
let seen = 0;
const look = () => {
  const { ino } = fs.statSync(file);
  if (ino !== seen) key = fs.readFileSync(file, 'utf8').trim();
  seen = ino;
};
look();
// Not every file system tells of changes.
setInterval(look, 250);
const headers = { 'Content-Type': 'application/json' };
let open = 0;
const send = () => {
  // A machine that cannot keep up sends less: what waits in a queue would be sent with a key that was read long ago.
  if (open >= 16) return;
  open += 1;
  const request = http.request(url, { method: 'POST', agent, headers: { ...headers, Authorization: 'SUSEObservability ' + key } });
  request.on('response', (response) => response.resume());
  request.on('error', () => {});
  request.on('close', () => { open -= 1; });
  request.end('{"resourceMetrics":[]}');
};
let sent = 0;
const began = performance.now();
setInterval(() => {
  for (const due = (performance.now() - began) / 4; sent < due; sent++) send();
}, 4);
process.stdout.write('reading');
`;

/** A key file 0640 that root owns and the other user's group reads, in a folder that everybody may enter. */
async function scene() {
  const stackState = await startForTest({ now: Date.now, keepBodies: false });
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  const path = join(folder, 'ingestion.key');
  const { apiKey } = stackState.seed({ name: 'otel', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
  writeFileSync(path, `${apiKey}\n`);
  chownSync(path, 0, other.gid);
  chmodSync(path, 0o640);
  const rotate = (...more: readonly string[]) =>
    runBuilt(['ingestion-api-key', 'rotate', '--name', 'otel', '--key-file', path, '--delete-old', ...more], {
      env: environmentOf(stackState),
    });
  return { stackState, path, rotate };
}

async function startReader(path: string, stackState: StackState): Promise<void> {
  const child = spawn(process.execPath, ['-e', reader, path, `${stackState.url}/v1/metrics`], {
    ...other,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`The reader ended with ${code}.`)));
    child.stdout.once('data', () => done());
  });
}

testOfTwoUsers(
  'another user who re-reads the file on change is never refused through ten rotations at 250 requests a second',
  async () => {
    const { stackState, path, rotate } = await scene();
    await startReader(path, stackState);
    // The first with the ten seconds that readers are left by default.
    for (let rotation = 0; rotation < 10; rotation++) {
      expect(await rotate(...(rotation === 0 ? [] : ['--after', '2s']))).toMatchObject({ code: 0 });
      expect(stackState.keys().map(({ apiKey }) => apiKey)).toEqual([readFileSync(path, 'utf8').trimEnd()]);
    }
    const { accepted, refused } = stackState.intake.metrics;
    console.info(`two users: ${accepted} requests accepted, ${refused} refused`);
    expect(refused).toBe(0);
    // Ten rotations take 28 seconds at least: 7,000 requests on a machine that has nothing else to do.
    expect(accepted).toBeGreaterThan(1000);
  },
  180_000,
);

testOfTwoUsers('a key file 0640 of root and another group keeps owner, group and mode', async () => {
  const { path, rotate } = await scene();
  expect(await rotate('--after', '0s')).toMatchObject({ code: 0 });
  const { uid, gid, mode } = statSync(path);
  expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 0, gid: other.gid, mode: 0o640 });
});

testOfTwoUsers('a journal that another user has put there is not believed, and leads to no deletion', async () => {
  const { stackState, path, rotate } = await scene();
  const victim = stackState.seed({ name: 'otel-2' });
  const journal = `${path}.sts-pending`;
  writeFileSync(journal, JSON.stringify({ stage: 'created', newId: String(victim.id), name: 'otel' }));
  chownSync(journal, other.uid, other.gid);
  const held = readFileSync(path, 'utf8');
  expect(await rotate('--after', '0s')).toMatchObject({ code: 6, stderr: expect.stringMatching(/journal .* not believed/) });
  expect(readFileSync(path, 'utf8')).toBe(held);
  expect([stackState.count('create'), stackState.count('delete')]).toEqual([0, 0]);
});
