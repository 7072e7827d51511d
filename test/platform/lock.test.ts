import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { bundle } from '../support/bundle.ts';
import { tempFolder } from '../support/temp.ts';

test('a lock is for one at a time, and leaves nothing', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  const lock = await nodeDisk.lock(path);
  expect(await lock?.isHeld()).toBe(true);
  expect(await nodeDisk.lock(path)).toBeUndefined();
  await lock?.release();
  expect(await lock?.isHeld()).toBe(false);
  const next = await nodeDisk.lock(path);
  expect(next).toBeDefined();
  await next?.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a file with a long name has a lock like any other', async () => {
  const folder = tempFolder();
  const path = join(folder, 'k'.repeat(200));
  const lock = await nodeDisk.lock(path);
  expect(await lock?.isHeld()).toBe(true);
  expect(await nodeDisk.lock(path)).toBeUndefined();
  // Another file of which the name begins the same is another one.
  const other = await nodeDisk.lock(`${path}2`);
  expect(other).toBeDefined();
  for (const held of [lock, other]) await held?.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many who take a lock at once one gets it, and none fails', async () => {
  const path = join(tempFolder(), 'file');
  for (let round = 0; round < 20; round++) {
    const locks = await Promise.all(Array.from({ length: 8 }, () => nodeDisk.lock(path)));
    const held = locks.filter((lock) => lock !== undefined);
    expect(held).toHaveLength(1);
    await held[0]?.release();
  }
});

test('the lock of a killed process is taken at once, and its sockets are swept', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  await killedHolder(path);
  expect(readdirSync(folder).length).toBeGreaterThanOrEqual(2);
  const lock = await nodeDisk.lock(path);
  expect(lock).toBeDefined();
  await lock?.release();
  expect(readdirSync(folder)).toEqual([]);
});

/** A process that has the lock, and a socket beside it as one has that is killed while it takes a lock. */
async function killedHolder(path: string): Promise<void> {
  const program = await bundle(new URL('./lock-holder.ts', import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done) => child.stdout.once('data', done));
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}
