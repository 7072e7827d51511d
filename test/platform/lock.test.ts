import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer, Server } from 'node:net';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Lock } from '../../src/platform/disk.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { bundle } from '../support/bundle.ts';
import { tempFolder } from '../support/temp.ts';

test('a lock is for one at a time, and leaves nothing', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  const lock = await nodeDisk.lock(path);
  expect(await lock?.isHeld()).toBe(true);
  expect(await nodeDisk.lock(path)).toBeUndefined();
  expect(await nodeDisk.lock(join(folder, 'other'))).toBeDefined();
  await lock?.release();
  expect(await lock?.isHeld()).toBe(false);
  const next = await nodeDisk.lock(path);
  expect(next).toBeDefined();
  // A second release of the first one does nothing to it.
  await lock?.release();
  expect(await next?.isHeld()).toBe(true);
  await next?.release();
  expect(readdirSync(folder).filter((name) => name.startsWith('.file.'))).toEqual([]);
});

test('of many that ask at once one gets it', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  for (let round = 0; round < 10; round++) {
    const locks = await Promise.all(Array.from({ length: 20 }, () => nodeDisk.lock(path)));
    const held = locks.filter((lock): lock is Lock => lock !== undefined);
    expect(held).toHaveLength(1);
    await held[0]?.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a file whose name is long, or has blanks and letters beyond ASCII, can be locked', async () => {
  const folder = tempFolder();
  for (const name of ['k'.repeat(250), 'schlüssel '.repeat(20), 'a key', '鍵']) {
    const lock = await nodeDisk.lock(join(folder, name));
    expect(await lock?.isHeld(), name).toBe(true);
    expect(await nodeDisk.lock(join(folder, name)), name).toBeUndefined();
    await lock?.release();
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('in a folder with a long path', async () => {
  const folder = join(tempFolder(), ...Array.from({ length: 10 }, () => 'a-folder-with-a-long-name'));
  mkdirSync(folder, { recursive: true });
  const lock = await nodeDisk.lock(join(folder, 'file'));
  expect(await nodeDisk.lock(join(folder, 'file'))).toBeUndefined();
  await lock?.release();
});

test('one whose socket the holder sweeps away, before it listens, does not get the lock', async () => {
  // What Node throws when the socket is gone before it can set its permissions.
  const swept = () => {
    throw Object.assign(new Error('uv_pipe_chmod ENOENT'), { code: 'ENOENT' });
  };
  const folder = tempFolder();
  const listen = vi.spyOn(Server.prototype, 'listen').mockImplementation(swept);
  expect(await nodeDisk.lock(join(folder, 'file'))).toBeUndefined();
  expect(listen).toHaveBeenCalledOnce();
  listen.mockImplementation(() => {
    rmdirSync(folder);
    return swept();
  });
  await expect(nodeDisk.lock(join(folder, 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('one that somebody has removed is lost, and its holder sees that', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  const lock = await nodeDisk.lock(path);
  await nodeDisk.unlink(join(folder, '.file.sts-lock'));
  expect(await lock?.isHeld()).toBe(false);
  const next = await nodeDisk.lock(path);
  await lock?.release();
  expect(await next?.isHeld()).toBe(true);
  await next?.release();
});

test('the lock of a killed process is taken at once, and its sockets are swept', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  await kill(await holder(path));
  expect(readdirSync(folder).length).toBeGreaterThanOrEqual(2);
  const lock = await nodeDisk.lock(path);
  expect(lock).toBeDefined();
  await lock?.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many that find the lock of a killed process one gets it', async () => {
  for (let round = 0; round < 3; round++) {
    const path = join(tempFolder(), 'file');
    await kill(await holder(path));
    const locks = await Promise.all(Array.from({ length: 20 }, () => nodeDisk.lock(path)));
    const held = locks.filter((lock) => lock !== undefined);
    expect(held).toHaveLength(1);
    expect(await held[0]?.isHeld()).toBe(true);
    await held[0]?.release();
  }
});

test('a process that stands still keeps its lock', async () => {
  const path = join(tempFolder(), 'file');
  const child = await holder(path);
  child.kill('SIGSTOP');
  for (let attempt = 0; attempt < 5; attempt++) expect(await nodeDisk.lock(path)).toBeUndefined();
  await kill(child);
  const lock = await nodeDisk.lock(path);
  expect(lock).toBeDefined();
  await lock?.release();
});

test('what is no socket in its place is nobody’s lock', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  writeFileSync(join(folder, '.file.sts-lock'), 'planted');
  const lock = await nodeDisk.lock(path);
  expect(await lock?.isHeld()).toBe(true);
  await lock?.release();
  expect(readdirSync(folder)).toEqual([]);
});

describe('other ways to one folder', () => {
  /** Runs a command as root does; fails the test's premise where this account may not. */
  function may(command: string, ...args: string[]): boolean {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      console.info(`not tested here: this account may not ${basename(command)} ${args.join(' ')}`);
      return false;
    }
  }

  test('a folder that is mounted twice is locked once', async () => {
    const [folder, again] = [tempFolder(), tempFolder()];
    if (!may('mount', '--bind', folder, again)) return;
    onTestFinished(() => void execFileSync('umount', [again]));
    const child = await holder(join(folder, 'file'));
    expect(await nodeDisk.lock(join(again, 'file'))).toBeUndefined();
    await kill(child);
    const lock = await nodeDisk.lock(join(again, 'file'));
    expect(await nodeDisk.lock(join(folder, 'file'))).toBeUndefined();
    expect(await lock?.isHeld()).toBe(true);
    await lock?.release();
  });

  test.each([
    ['network', '-n'],
    ['mount', '-m'],
    ['process', '-pf'],
    ['user', '-U'],
  ])('a process in another %s namespace is seen, and so is that it was killed', async (_what, flag) => {
    if (!may('unshare', flag, 'true')) return;
    const path = join(tempFolder(), 'file');
    const child = await holder(path, 'unshare', flag);
    expect(await nodeDisk.lock(path)).toBeUndefined();
    await kill(child);
    const lock = await nodeDisk.lock(path);
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('only who may write the folder can take the lock, and nobody else can keep it', async () => {
    const uid = 12_345;
    if (process.getuid?.() !== 0) return void console.info('not tested here: this account may not be another one');
    const folder = tempFolder();
    const path = join(folder, 'file');
    chmodSync(folder, 0o755);
    await expect(holder(path, 'setpriv', '--reuid', String(uid), '--clear-groups')).rejects.toThrow(/EACCES|exit/);
    const lock = await nodeDisk.lock(path);
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('the lock of another user who may write there is respected while he lives, and taken once he is killed', async () => {
    const uid = 12_345;
    if (process.getuid?.() !== 0) return void console.info('not tested here: this account may not be another one');
    const folder = tempFolder();
    chownSync(folder, uid, uid);
    const path = join(folder, 'file');
    const theirs = await holder(path, 'setpriv', '--reuid', String(uid), '--clear-groups');
    expect(await nodeDisk.lock(path)).toBeUndefined();
    await kill(theirs);
    const lock = await nodeDisk.lock(path);
    expect(lock).toBeDefined();
    // And the other way round: root's socket can be asked by everybody.
    await expect(holder(path, 'setpriv', '--reuid', String(uid), '--clear-groups')).rejects.toThrow('exit 1');
    await lock?.release();
  });
});

test('a socket that is left half-way is no obstacle', async () => {
  const folder = tempFolder();
  const path = join(folder, 'file');
  const server = createServer().listen(join(folder, '.file.sts-lock-guard'));
  await new Promise((done) => server.once('listening', done));
  await kill(await holder(path));
  await new Promise((done) => server.close(done));
  const lock = await nodeDisk.lock(path);
  expect(lock).toBeDefined();
  await lock?.release();
});

/**
 * A process that has the lock, and a socket beside it as one has that is killed while it takes a lock.
 * @param prefix a command that it is run by.
 */
async function holder(path: string, ...prefix: string[]): Promise<ChildProcess> {
  const program = await bundle(new URL('./lock-holder.ts', import.meta.url));
  // Readable by whoever runs it.
  chmodSync(join(program, '..'), 0o755);
  const [command = process.execPath, ...args] = [...prefix, process.execPath, program, path];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  onTestFinished(() => kill(child));
  await new Promise((done, fail) => {
    child.stdout.once('data', done);
    child.once('exit', (code) => fail(new Error(`exit ${code}: ${errors}`)));
  });
  return child;
}

/** Kills a process with all that it has started, and waits for its end. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((done) => child.once('close', done));
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}
