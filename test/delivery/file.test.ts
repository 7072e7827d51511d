import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { IssuedIngestionApiKey } from '../../src/api/model.ts';
import { sweepSiblings, writeDurably } from '../../src/delivery/durable.ts';
import { type KeyFileOptions, keyFileDestination } from '../../src/delivery/file.ts';
import { DeliveryError } from '../../src/errors.ts';
import { tempFolder } from '../support/temp.ts';

const issued: IssuedIngestionApiKey = { id: 1n, name: 'ci', lastUpdateTimestamp: 1n, apiKey: 'iapikeyok-1' };
let folder: string;
let path: string;

beforeEach(() => {
  folder = tempFolder();
  path = join(folder, 'key');
});

function destination(options: Partial<KeyFileOptions> = {}) {
  return keyFileDestination({ path, force: false, render: ({ apiKey }) => `${apiKey}\n`, ...options });
}

async function deliver(options: Partial<KeyFileOptions> = {}): Promise<void> {
  const target = destination(options);
  await target.prove();
  await target.deliver(issued);
  await target.abandon();
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Where this account may mount: a file system of its own, gone when the test has finished. */
function mounted(options: string): string | undefined {
  const mountPoint = tempFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mountPoint], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [mountPoint]));
  return mountPoint;
}

test('a file that is mounted by itself is refused before there is a key', async () => {
  const folder = tempFolder();
  const [source, target] = [join(folder, 'source'), join(folder, 'a key')];
  for (const file of [source, target]) writeFileSync(file, 'old');
  try {
    execFileSync('mount', ['--bind', source, target], { stdio: 'ignore' });
  } catch {
    console.info('not tested here: this account may not mount');
    return;
  }
  onTestFinished(() => void execFileSync('umount', [target]));
  await expect(destination({ path: target, force: true }).prove()).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('mounted by itself'),
  });
});

test('a file that another user owns stays his when root replaces it', async () => {
  writeFileSync(path, 'old');
  const uid = process.getuid?.() === 0 ? 12_345 : statSync(path).uid;
  if (uid === 12_345) chownSync(path, uid, uid);
  await deliver({ force: true });
  expect(statSync(path)).toMatchObject({ uid });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('the file appears whole, for its owner alone, with nothing beside it', async () => {
  await deliver();
  expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['key']);
});

test.each([0o000, 0o077, 0o777])('the mode is 0600 under umask %i', async (mask) => {
  const before = process.umask(mask);
  try {
    await deliver();
  } finally {
    process.umask(before);
  }
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('until the delivery nothing stands at the path, and giving up leaves nothing at all', async () => {
  const target = destination();
  await target.prove();
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(folder)).toHaveLength(1);
  await target.abandon();
  await target.abandon();
  expect(readdirSync(folder)).toEqual([]);
});

test('what prove leaves for a moment cannot be read by others, nor its name be guessed', async () => {
  const names = new Set<string>();
  for (let turn = 0; turn < 3; turn++) {
    const target = destination();
    await target.prove();
    const [name = ''] = readdirSync(folder);
    names.add(name);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    await target.abandon();
  }
  expect(names.size).toBe(3);
});

test('a long document is written whole', async () => {
  const long = `${'k'.repeat(100_000)}\n`;
  await deliver({ render: () => long });
  expect(readFileSync(path, 'utf8')).toBe(long);
});

test('an existing file is refused before there is a key, and replaced with force', async () => {
  writeFileSync(path, 'mine');
  chmodSync(path, 0o644);
  await expect(destination().prove()).rejects.toThrow(/exists already/);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  await deliver({ force: true });
  expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('with force a reader sees the old key or the new one, never a part', async () => {
  writeFileSync(path, 'old');
  const seen = new Set<string>();
  await deliver({ force: true, step: () => void seen.add(readFileSync(path, 'utf8')) });
  expect([...seen]).toEqual(['old', 'iapikeyok-1\n']);
});

test.each([
  ['a symlink', () => symlinkSync('elsewhere', path), 'a symbolic link'],
  ['a folder', () => mkdirSync(path), 'a folder'],
  ['a FIFO', () => execFileSync('mkfifo', [path]), 'no regular file'],
])('%s is refused, with force too', async (_, prepare, reason) => {
  prepare();
  for (const force of [false, true]) {
    const failure = destination({ force }).prove();
    await expect(failure).rejects.toThrow(DeliveryError);
    await expect(failure).rejects.toThrow(reason);
  }
  expect(readdirSync(folder)).toEqual(['key']);
});

test.each([
  ['a symlink', () => symlinkSync('elsewhere', path)],
  ['a folder', () => mkdirSync(path)],
  ['a file', () => writeFileSync(path, 'mine')],
])('%s that comes between proof and delivery is not written to', async (kind, prepare) => {
  for (const force of kind === 'a file' ? [false] : [false, true]) {
    rmSync(path, { force: true, recursive: true });
    const target = destination({ force });
    await target.prove();
    prepare();
    await expect(target.deliver(issued)).rejects.toThrow(DeliveryError);
    expect(readdirSync(folder)).toEqual(['key']);
  }
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
});

test('a file that comes in the last moment, after every look, is not replaced', async () => {
  const failure = deliver({ step: (step) => (step === 'before link key file' ? writeFileSync(path, 'mine') : undefined) });
  await expect(failure).rejects.toThrow(/exists already/);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(folder)).toEqual(['key']);
});

test('a file system without hard links gets the file by a rename', async () => {
  const steps: string[] = [];
  await deliver({
    step: (step) => {
      steps.push(step);
      if (step === 'before link key file') throw systemError('EPERM');
    },
  });
  expect(steps).toContain('after rename key file');
  expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
  expect(readdirSync(folder)).toEqual(['key']);
});

test('a folder that vanishes after the proof is a failed delivery', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const target = destination({ path: join(home, 'key') });
  await target.prove();
  renameSync(home, join(folder, 'moved'));
  await expect(target.deliver(issued)).rejects.toThrow(/its folder does not exist/);
});

test.each([
  ['a folder that is not there', 'no/such/key', 'mkdir -p'],
  ['a file in the place of the folder', 'file/key', 'no folder'],
  ['a name that is too long', 'k'.repeat(300), 'too long'],
])('%s is refused before there is a key', async (_, name, reason) => {
  writeFileSync(join(folder, 'file'), '');
  const failure = await destination({ path: join(folder, name) })
    .prove()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DeliveryError);
  expect(failure).toHaveProperty('exitCode', 6);
  expect(`${failure} ${failure instanceof DeliveryError ? failure.hints : ''}`).toContain(reason);
});

const provingSteps = ['create temporary key file', 'reserve space for the key file'];
const deliveringSteps = ['write key file', 'sync key file', 'link key file'];

test.each(
  [...provingSteps, ...deliveringSteps].flatMap((step) =>
    ['ENOSPC', 'EROFS', 'EACCES', 'EIO', 'EDQUOT'].map((code) => [step, code] as const),
  ),
)('%s ending in %s: a DeliveryError, nothing at the path, nothing beside it', async (step, code) => {
  const failure = deliver({
    step: (name) => {
      if (name === `before ${step}`) throw systemError(code);
    },
  });
  await expect(failure).rejects.toThrow(DeliveryError);
  expect(readdirSync(folder)).toEqual([]);
});

test('with force, whatever fails leaves the old file as it was', async () => {
  for (const step of [...provingSteps, 'write key file', 'sync key file', 'rename key file']) {
    writeFileSync(path, 'old');
    const failure = deliver({
      force: true,
      step: (name) => {
        if (name === `before ${step}`) throw systemError('EIO');
      },
    });
    await expect(failure).rejects.toThrow(DeliveryError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['key']);
  }
});

test('a message names the path and never the key', async () => {
  for (const step of [...provingSteps, ...deliveringSteps]) {
    const failure = await deliver({
      step: (name) => {
        if (name === `before ${step}`) throw systemError('EIO');
      },
    }).catch((error: unknown) => error);
    expect(String(failure)).toContain(path);
    expect(String(failure)).not.toContain(issued.apiKey);
  }
});

test('a full file system is found before there is a key', async () => {
  const full = mounted('size=8k');
  if (full === undefined) {
    // Without the right to mount, the same is seen from the steps above.
    await expect(deliver({ step: () => Promise.reject(systemError('ENOSPC')) })).rejects.toThrow(/disk is full/);
    return;
  }
  writeFileSync(join(full, 'filler'), Buffer.alloc(8192, 'x'));
  await expect(destination({ path: join(full, 'key') }).prove()).rejects.toThrow(/disk is full/);
  expect(readdirSync(full)).toEqual(['filler']);
});

test('a disk that fills up after the proof still takes the key: its place was reserved', async () => {
  const small = mounted('size=64k');
  const target = destination({ path: join(small ?? folder, 'key') });
  await target.prove();
  if (small !== undefined) {
    expect(() => writeFileSync(join(small, 'filler'), Buffer.alloc(65_536, 'x'))).toThrow('ENOSPC');
  }
  await target.deliver(issued);
  expect(readFileSync(join(small ?? folder, 'key'), 'utf8')).toBe('iapikeyok-1\n');
});

test('a read-only folder is found before there is a key', async () => {
  const readOnly = mounted('size=64k') ?? folder;
  if (readOnly === folder) chmodSync(folder, 0o500);
  else execFileSync('mount', ['-o', 'remount,ro', readOnly]);
  const failure = destination({ path: join(readOnly, 'key') }).prove();
  await expect(failure).rejects.toThrow(/read-only|permission denied/);
  expect(readdirSync(readOnly)).toEqual([]);
  chmodSync(folder, 0o700);
});

test('a file is written whole or left as it was, whatever step fails', async () => {
  for (const step of ['create temporary journal', 'write journal', 'sync journal', 'rename journal']) {
    writeFileSync(path, 'old');
    const failure = writeDurably(path, 'new', 'journal', (name) => {
      if (name === `before ${step}`) throw systemError('EIO');
    });
    await expect(failure).rejects.toThrow('EIO');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['key']);
  }
  await writeDurably(path, 'new', 'journal');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('what killed runs left is swept, and nothing else', async () => {
  for (const name of ['.key.sts-rotate-abc.tmp', '.key.sts-create-abc.tmp', '.key2.sts-rotate-abc.tmp', 'key']) {
    writeFileSync(join(folder, name), '');
  }
  await sweepSiblings(path, 'rotate');
  expect(readdirSync(folder).toSorted()).toEqual(['.key.sts-create-abc.tmp', '.key2.sts-rotate-abc.tmp', 'key']);
  await sweepSiblings(join(folder, 'gone', 'key'), 'rotate');
});
