import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import {
  type ConfigAccess,
  checkSave,
  deleteContext,
  replaceToken,
  saveContext,
  setCurrentContext,
} from '../../src/config/store.ts';
import { ConfigError, ConfigUnsyncedError, InterruptedError } from '../../src/errors.ts';
import type { Disk } from '../../src/platform/disk.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { bundle } from '../support/bundle.ts';
import { stoppingDisk } from '../support/stopping-disk.ts';
import { tempFolder } from '../support/temp.ts';

// What the disk, other programs and kills do to the config file while it is changed.

const context: Context = { url: 'https://new.example.com', apiToken: 'new-token' };
const stored = `# mine
contexts:
  - name: prod
    context: { url: https://prod.example.com, service-token: old-token }
  - name: test
    context: { url: https://test.example.com, service-token: other-token }
current-context: prod
`;
const flat = '# mine\nurl: https://flat.example.com # the only one\napi-token: old-token\n';
let folder: string;
let path: string;
let warnings: string[];

beforeEach(() => {
  folder = join(tempFolder(), 'stackstate-cli');
  path = join(folder, 'config.yaml');
  warnings = [];
});

function accessWith(disk: Disk, more: Partial<ConfigAccess> = {}): ConfigAccess {
  return {
    disk,
    sleep: (ms, signal) => delay(ms, undefined, signal && { signal }),
    warn: (line) => void warnings.push(line),
    ...more,
  };
}

const refusing = (call: keyof Disk, code: string) => async () => {
  throw Object.assign(new Error(`${call}: ${code}`), { code });
};

function write(text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
}

async function failure(promise: Promise<unknown>): Promise<ConfigError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error('expected a ConfigError', { cause: error });
  return error;
}

describe('stopped before and after every call of the disk', () => {
  const changes: Readonly<Record<string, [before: string | undefined, change: (access: ConfigAccess) => Promise<unknown>]>> = {
    'save into a new folder': [undefined, (access) => saveContext(access, path, 'new', context)],
    'save beside others': [stored, (access) => saveContext(access, path, 'new', context)],
    'save beside the flat form': [flat, (access) => saveContext(access, path, 'new', context)],
    'set another one': [stored, (access) => setCurrentContext(access, path, 'test')],
    'delete one': [stored, (access) => deleteContext(access, path, 'test')],
    'delete the last one': [flat, (access) => deleteContext(access, path, 'default')],
    'replace a token': [stored, (access) => replaceToken(access, path, 'prod', 'old-token', 'rotated')],
  };

  test.each(Object.entries(changes))(
    '%s: the file is the old or the new one, and the next write leaves nothing else',
    { timeout: 60_000 },
    async (_what, [before, change]) => {
      const whole = stoppingDisk(nodeDisk);
      start(before);
      await change(accessWith(whole.disk));
      const after = readFileSync(path, 'utf8');
      const seen = new Set<string | undefined>();
      for (let point = 0; point < 2 * whole.calls.length; point++) {
        start(before);
        const stopping = stoppingDisk(nodeDisk, point);
        await change(accessWith(stopping.disk)).catch(() => undefined);
        await stopping.cleanUp();
        expect(stopping.killed(), `point ${point}`).toBe(true);
        const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
        seen.add(text);
        expect([before, after]).toContain(text);
        if (text !== undefined) expect(statSync(path).mode & 0o777).toBe(0o600);
        await saveContext(accessWith(nodeDisk), path, 'next', context);
        expect(readdirSync(folder)).toEqual(['config.yaml']);
        expect(parseConfig(path, readFileSync(path, 'utf8')).currentContext).toBe('next');
      }
      expect([...seen]).toEqual([before, after]);
    },
  );

  function start(before: string | undefined): void {
    folder = join(tempFolder(), 'stackstate-cli');
    path = join(folder, 'config.yaml');
    if (before !== undefined) write(before);
  }
});

test('killed processes leave the old or the new file, and the next write leaves nothing else', { timeout: 60_000 }, async () => {
  const program = await bundle(new URL('./save-process.ts', import.meta.url));
  write(stored);
  let killed = 0;
  for (let round = 0; round < 25; round++) {
    const child = spawn(process.execPath, [program, path, `c${round}`], { stdio: 'ignore' });
    const gone = new Promise<string | null>((done) => child.once('exit', (_code, signal) => done(signal)));
    // Whatever is in the folder besides the file was made by the process: it is on its way.
    while (readdirSync(folder).length === 1 && child.exitCode === null) await delay(1);
    await delay(round % 8);
    child.kill('SIGKILL');
    if ((await gone) === 'SIGKILL') killed++;
    const { contexts } = parseConfig(path, readFileSync(path, 'utf8'));
    expect(contexts.map(({ name }) => name).slice(0, 2)).toEqual(['prod', 'test']);
    const started = performance.now();
    await setCurrentContext(accessWith(nodeDisk), path, round % 2 === 0 ? 'test' : 'prod');
    // The lock of a process that is gone is taken at once.
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  }
  expect(killed).toBeGreaterThan(0);
});

describe('what a kill has left', () => {
  const leftovers = ['.config.yaml.sts-config-0123.tmp', '.config.yaml.sts-config-4567.tmp'];

  test('is removed by the next command that writes, and nothing that is not ours', async () => {
    write(stored);
    for (const name of [...leftovers, '.config.yaml.swp', 'config.yaml.tmp']) writeFileSync(join(folder, name), 'secret');
    await setCurrentContext(accessWith(nodeDisk), path, 'test');
    expect(readdirSync(folder).sort()).toEqual(['.config.yaml.swp', 'config.yaml', 'config.yaml.tmp']);
    expect(warnings).toEqual([]);
  });

  test('is named where it cannot be removed', async () => {
    write(stored);
    writeFileSync(join(folder, leftovers[0] ?? ''), 'secret');
    await setCurrentContext(accessWith({ ...nodeDisk, unlink: refusing('unlink', 'EPERM') }), path, 'test');
    expect(warnings).toEqual([
      `The temporary file ${join(folder, leftovers[0] ?? '')} may hold a token and cannot be removed. Delete it.`,
    ]);
  });
});

describe('a disk that refuses', () => {
  test.each<[call: keyof Disk, code: string, message: string]>([
    ['create', 'ENOSPC', 'cannot be written: the disk is full.'],
    ['create', 'EDQUOT', 'cannot be written: the disk quota is used up.'],
    ['create', 'EROFS', 'cannot be written: the file system is read-only.'],
    ['rename', 'ESTALE', 'cannot be written: the network file system has lost it.'],
    ['rename', 'EBUSY', 'cannot be changed, because it is mounted as a single file.'],
    ['realpath', 'EIO', 'cannot be written: the disk reports an error.'],
    ['lock', 'EACCES', 'cannot be written: permission denied.'],
    ['read', 'EIO', 'cannot be read: the disk reports an error.'],
    ['rename', 'EWHATEVER', 'cannot be written: EWHATEVER.'],
  ])('%s: %s', async (call, code, message) => {
    write(stored);
    const error = await failure(saveContext(accessWith({ ...nodeDisk, [call]: refusing(call, code) }), path, 'new', context));
    expect(error.message).toBe(`The config file ${path} ${message}`);
    if (call !== 'read') expect(error.hints.join()).toContain('The file is unchanged.');
    expect(readFileSync(path, 'utf8')).toBe(stored);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test.each(['realpath', 'facts', 'isMountPoint'] as const)(
    '%s, when a save is checked before anything is asked',
    async (call) => {
      write(stored);
      const error = await failure(checkSave({ ...nodeDisk, [call]: refusing(call, 'EACCES') }, path, 'new', context));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toBe(`The config file ${path} cannot be written: permission denied.`);
    },
  );

  test('to bring the folder to the disk: the change is there, and said not to be safe', async () => {
    write(stored);
    const error = await failure(
      replaceToken(accessWith({ ...nodeDisk, syncFolder: refusing('syncFolder', 'EIO') }), path, 'prod', 'old-token', 'rotated'),
    );
    expect(error).toBeInstanceOf(ConfigUnsyncedError);
    expect(error.message).toContain('was written, but a power cut may undo that: the system could not sync it to the disk (EIO)');
    expect(error.hints.join()).not.toContain('as it was');
    expect(readFileSync(path, 'utf8')).toContain('rotated');
  });

  test('to rename and to unlink: the temporary file is named', async () => {
    write(stored);
    const disk = { ...nodeDisk, rename: refusing('rename', 'EIO'), unlink: refusing('unlink', 'EIO') };
    const error = await failure(saveContext(accessWith(disk), path, 'new', context));
    const temporary = readdirSync(folder).find((name) => name.endsWith('.tmp'));
    expect(error.hints[0]).toBe(
      `The temporary file ${join(folder, temporary ?? '')} may hold a token and cannot be removed. Delete it.`,
    );
  });

  test('what is no fault of the disk is not called one', async () => {
    write(stored);
    const realpath = async () => {
      throw new TypeError('a defect');
    };
    await expect(saveContext(accessWith({ ...nodeDisk, realpath }), path, 'new', context)).rejects.toThrow(TypeError);
  });
});

describe('a file that is mounted as a single file', () => {
  test('is refused before anything is asked or written', async () => {
    write(stored);
    const disk = { ...nodeDisk, isMountPoint: async () => true };
    const attempts = [() => checkSave(disk, path, 'new', context), () => saveContext(accessWith(disk), path, 'new', context)];
    for (const attempt of attempts) {
      const error = await failure(attempt());
      expect(error.message).toBe(`The config file ${path} cannot be changed, because it is mounted as a single file.`);
      expect(error.hints).toEqual([
        `The file is unchanged. Mount its folder ${folder} instead, or change the file at the source of the mount.`,
      ]);
    }
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual([stored, ['config.yaml']]);
  });

  test.runIf(canMount())('for real', async () => {
    write('');
    const source = join(tempFolder(), 'source.yaml');
    writeFileSync(source, stored, { mode: 0o600 });
    execFileSync('mount', ['--bind', source, path]);
    onTestFinished(() => void execFileSync('umount', [path]));
    const error = await failure(saveContext(accessWith(nodeDisk), path, 'new', context));
    expect(error.message).toContain('mounted as a single file');
    expect(readFileSync(source, 'utf8')).toBe(stored);
  });
});

test('a folder that nobody can make is an error at once', async () => {
  const started = performance.now();
  const error = await failure(saveContext(accessWith(nodeDisk), '/proc/x/c.yaml', 'new', context));
  expect(error.message).toBe(
    'The config file /proc/x/c.yaml cannot be written, because its folder cannot be created: the system does not allow it.',
  );
  expect(performance.now() - started).toBeLessThan(5_000);
});

describe('another process', () => {
  test('that has the lock is waited for, until a signal comes', async () => {
    write(stored);
    const lock = await nodeDisk.lock(path);
    const interrupt = new AbortController();
    const sleep: ConfigAccess['sleep'] = async (_ms, signal) => {
      interrupt.abort(new InterruptedError('SIGTERM'));
      signal?.throwIfAborted();
    };
    const waiting = saveContext(accessWith(nodeDisk, { sleep, interrupt: interrupt.signal }), path, 'new', context);
    await expect(waiting).rejects.toThrow(InterruptedError);
    await lock?.release();
    expect(readFileSync(path, 'utf8')).toBe(stored);
  });

  test('that does not end is said to be there', async () => {
    write(stored);
    let slept = 0;
    const sleep = async (ms: number) => {
      slept += ms;
    };
    const disk: Disk = { ...nodeDisk, lock: async () => undefined };
    const error = await failure(saveContext(accessWith(disk, { sleep }), path, 'new', context));
    expect(error.message).toContain('is being changed by another sts, which does not finish');
    expect(slept).toBeGreaterThan(10_000);
  });

  test('that took over the lock of this one, which was frozen, keeps its file', async () => {
    write(stored);
    const disk: Disk = {
      ...nodeDisk,
      async lock(file) {
        const lock = await nodeDisk.lock(file);
        return lock && { ...lock, isHeld: async () => false };
      },
    };
    const error = await failure(saveContext(accessWith(disk), path, 'new', context));
    expect(error.message).toContain('this process was stopped for too long');
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual([stored, ['config.yaml']]);
  });

  test('that rotates the same token: one of them wins, and the other is told', async () => {
    write(stored);
    const results = await Promise.allSettled(
      ['one', 'two', 'three'].map((token) => replaceToken(accessWith(nodeDisk), path, 'prod', 'old-token', token)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(String(result.reason)).toContain('has changed in the meantime');
    }
  });
});

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
