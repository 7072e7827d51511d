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

/** Sends requests with the keys in files, a second's number in all, and reads a file again on change, as a collector does. It runs until it is killed. */
const reader = `
const [url, perSecond, ...files] = process.argv.slice(1);
const fs = require('node:fs');
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const held = files.map((file) => ({ file, key: '', seen: 0 }));
const look = () => {
  for (const one of held) {
    const { ino } = fs.statSync(one.file);
    if (ino !== one.seen) one.key = fs.readFileSync(one.file, 'utf8').trim();
    one.seen = ino;
  }
};
look();
// Not every file system tells of changes.
setInterval(look, 250);
const headers = { 'Content-Type': 'application/json' };
let open = 0;
const send = (key) => {
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
  for (const due = (performance.now() - began) / 1000 * perSecond; sent < due; sent++) send(held[sent % held.length].key);
}, 4);
process.stdout.write('reading');
`;

const perSecond = 250;

/** Key files 0640 that root owns and the other user's group reads, each with the key of a name of its own, in a folder that everybody may enter. */
async function scene(names: readonly string[] = ['otel']) {
  const stackState = await startForTest({ now: Date.now, keepBodies: false });
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  const files = names.map((name) => {
    const path = join(folder, `${name}.key`);
    const { apiKey } = stackState.seed({ name, lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
    writeFileSync(path, `${apiKey}\n`);
    chownSync(path, 0, other.gid);
    chmodSync(path, 0o640);
    const rotate = (...more: readonly string[]) =>
      runBuilt(['ingestion-api-key', 'rotate', '--name', name, '--key-file', path, '--delete-old', ...more], {
        env: environmentOf(stackState),
      });
    return { path, rotate };
  });
  const [first] = files;
  if (first === undefined) throw new Error('A scene has one name at least.');
  return { stackState, files, ...first };
}

async function startReader(paths: readonly string[], stackState: StackState): Promise<void> {
  const child = spawn(process.execPath, ['-e', reader, `${stackState.url}/v1/metrics`, String(perSecond), ...paths], {
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

const sorted = (keys: Iterable<string>) => [...keys].sort();

testOfTwoUsers(
  `another user who re-reads the files on change is never refused through fifty rotations at ${perSecond} requests a second`,
  async () => {
    const names = Array.from({ length: 10 }, (_, n) => `otel-${n}`);
    const { stackState, files } = await scene(names);
    await startReader(
      files.map(({ path }) => path),
      stackState,
    );
    // With the ten seconds that readers are left by default.
    for (let round = 0; round < 5; round++) {
      const ended = await Promise.all(files.map(({ rotate }) => rotate()));
      for (const one of ended) expect(one).toMatchObject({ code: 0 });
      expect(sorted(stackState.keys().map(({ apiKey }) => apiKey))).toEqual(
        sorted(files.map(({ path }) => readFileSync(path, 'utf8').trimEnd())),
      );
    }
    const { accepted, refused } = stackState.intake.metrics;
    console.info(`two users: ${accepted} requests accepted, ${refused} refused`);
    expect(refused).toBe(0);
    // Five rounds take fifty seconds at least: 12,500 requests on a machine that has nothing else to do.
    expect(accepted).toBeGreaterThan(2000);
  },
  240_000,
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
  expect(await rotate('--after', '0s')).toMatchObject({ code: 6, stderr: expect.stringMatching(/journal .* cannot be trusted/) });
  expect(readFileSync(path, 'utf8')).toBe(held);
  expect([stackState.count('create'), stackState.count('delete')]).toEqual([0, 0]);
});
