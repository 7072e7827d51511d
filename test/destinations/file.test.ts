import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
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
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Issued } from '../../src/credentials/ports.ts';
import { KeyFile, type KeyFileOptions } from '../../src/destinations/file.ts';
import { type FileDocumentOptions, fileDocument } from '../../src/destinations/file-document.ts';
import { DeliveryError, DeliveryUnknownError, type StsError } from '../../src/errors.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { failing, failureOf, meanwhile } from '../credentials/support.ts';
import { type Hook, intercept, systemError } from '../support/interception.ts';
import { tempFolder } from '../support/temp.ts';

const issued: Issued = { id: 1n, name: 'ci', secret: 'iapikeyok-1' };
let folder: string;
let path: string;
let warnings: string[];

beforeEach(() => {
  folder = tempFolder();
  path = join(folder, 'key');
  warnings = [];
});

type Options = Partial<KeyFileOptions> & Partial<FileDocumentOptions> & { readonly hook?: Hook };

function destination({ hook, ...options }: Options = {}): KeyFile {
  const { force = false } = options;
  const names = { keyVar: 'API_KEY', secretName: 'otel' };
  const document = { path, format: undefined, keyVar: undefined, names, force, ...options };
  return new KeyFile({
    disk: hook === undefined ? nodeDisk : intercept(hook).disk(nodeDisk),
    path,
    mode: 0o600,
    mayReplace: force,
    warn: async (sentence) => void warnings.push(sentence),
    document: fileDocument(document),
    ...options,
  });
}

async function deliver(options: Options = {}, credential = issued): Promise<void> {
  const target = destination(options);
  await target.open();
  try {
    await target.prove();
    await target.deliver(credential);
  } finally {
    await target.close();
  }
}

/** A file that holds a key already. */
const replacing = { mayReplace: true };

function old(text = 'iapikeyok-0\n', mode = 0o600): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
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

describe('a new file', () => {
  test('appears whole, for its owner alone, with nothing beside it', async () => {
    await deliver();
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test.each([0o000, 0o077, 0o777])('has its mode under umask %i', async (mask) => {
    const before = process.umask(mask);
    try {
      await deliver({ mode: 0o640 });
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test('stands nowhere until the delivery, and giving up leaves nothing at all', async () => {
    const target = destination();
    await target.open();
    await target.prove();
    expect(existsSync(path)).toBe(false);
    await target.close();
    await target.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('what the proof leaves for a moment cannot be read by others, nor its name be guessed', async () => {
    const names = new Set<string>();
    for (let turn = 0; turn < 3; turn++) {
      const target = destination();
      await target.open();
      await target.prove();
      const name = readdirSync(folder).find((candidate) => candidate.endsWith('.tmp')) ?? '';
      names.add(name);
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      await target.close();
    }
    expect(names.size).toBe(3);
  });

  test('a key of any length is written whole', async () => {
    const secret = 'k'.repeat(8000);
    await deliver({}, { ...issued, secret });
    expect(readFileSync(path, 'utf8')).toBe(`${secret}\n`);
  });

  test.each([
    ['raw-no-newline', 'iapikeyok-1'],
    ['dotenv', 'STS_API_KEY=iapikeyok-1\n'],
  ] as const)('is of the format that was asked for: %s', async (format, text) => {
    await deliver({ format, keyVar: 'STS_API_KEY', names: { keyVar: 'STS_API_KEY', secretName: 'otel' } });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('an existing file', () => {
  test('is refused before there is a key, unless it may be replaced', async () => {
    old();
    await expect(destination().prove()).rejects.toThrow(/exists already/);
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-0\n');
    await deliver(replacing);
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
  });

  test.each([0o600, 0o640, 0o400, 0o660])('keeps its mode %o', async (mode) => {
    old(undefined, mode);
    await deliver(replacing);
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  test('that others can read is said once, and stays so', async () => {
    old(undefined, 0o644);
    await deliver(replacing);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(warnings).toEqual([
      `The key file ${path} can be read by others (mode 0644). Its mode is not changed. If that is meant, say so: --key-mode 0644`,
    ]);
  });

  test.each([
    [0o640, 0o640, 0],
    [0o640, 0o644, 0],
    [0o644, 0o640, 1],
  ])('a mode %o is not warned of where %o is asked for, unless it is wider', async (mode, asked, count) => {
    old(undefined, mode);
    await deliver({ ...replacing, mode: asked });
    expect(statSync(path).mode & 0o777).toBe(mode);
    expect(warnings).toHaveLength(count);
  });

  test('keeps its owner and group when root replaces it', async () => {
    old();
    const uid = process.getuid?.() === 0 ? 12_345 : statSync(path).uid;
    if (uid === 12_345) chownSync(path, uid, uid);
    await deliver(replacing);
    expect(statSync(path)).toMatchObject({ uid });
    if (uid === 12_345) expect(statSync(path)).toMatchObject({ gid: uid });
  });

  test('whose owner cannot be kept is refused before there is a key', async () => {
    old();
    const { hook, happened } = failing('before file.copyAccess key', systemError('EPERM'));
    const failure = await failureOf(deliver({ ...replacing, hook }));
    expect(happened()).toBe(1);
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('could no longer read it') });
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-0\n');
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test('that changes hands between proof and delivery keeps what it has then', async () => {
    old();
    const change = meanwhile('before file.truncate key', () => chmodSync(path, 0o640));
    await deliver({ ...replacing, hook: change.hook });
    // Read before the change: what it was when it was looked at.
    expect(change.happened()).toBe(true);
    const later = meanwhile('after file.sync key', () => chmodSync(path, 0o640));
    await deliver({ ...replacing, hook: later.hook }, { ...issued, secret: 'iapikeyok-2' });
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test('is seen with the old key or the new one, never a part', async () => {
    old();
    const seen = new Set<string>();
    await deliver({ ...replacing, hook: () => void seen.add(readFileSync(path, 'utf8')) });
    expect([...seen]).toEqual(['iapikeyok-0\n', 'iapikeyok-1\n']);
  });

  test.each([
    ['a dotenv file', '# pipelines\r\nURL="https://x"\r\nAPI_KEY="iapikeyok-0" # old\r\n', { keyVar: 'API_KEY' }],
    [
      'a Secret manifest',
      'kind: Secret\napiVersion: v1\nstringData:\n  # the key\n  API_KEY: iapikeyok-0\n  OTHER: x\n',
      { keyVar: 'API_KEY' },
    ],
    ['a key without a newline', 'iapikeyok-0', {}],
  ])('is changed, not replaced: %s', async (_what, text, options) => {
    old(text);
    await deliver({ ...replacing, ...options });
    expect(readFileSync(path, 'utf8')).toBe(text.replace('iapikeyok-0', 'iapikeyok-1'));
  });

  test.each([
    ['a script', '#!/bin/sh\necho hello\n'],
    ['nothing', ''],
    ['prose', 'not a key at all\nbut two lines\n'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n'],
  ])('that holds no key is refused before there is one, and left as it is: %s', async (_what, text) => {
    old(text);
    const failure = await failureOf(deliver(replacing));
    expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('nothing was created') });
    expect(failure.hints).toContain('Or overwrite this one: --force');
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['key']);
    await deliver({ ...replacing, force: true });
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
  });

  test('of which it is not clear what holds the key is refused, with force too', async () => {
    old('A=iapikeyok-0\nB=x\n');
    for (const force of [false, true]) {
      await expect(deliver({ ...replacing, force })).rejects.toMatchObject({ exitCode: expect.any(Number) });
      expect(readFileSync(path, 'utf8')).toBe('A=iapikeyok-0\nB=x\n');
    }
    await deliver({ ...replacing, keyVar: 'A' });
    expect(readFileSync(path, 'utf8')).toBe('A=iapikeyok-1\nB=x\n');
  });

  test('a file that is mounted as a single file is refused before there is a key', async () => {
    const [source, target] = [join(folder, 'source'), join(folder, 'a key')];
    for (const file of [source, target]) writeFileSync(file, 'iapikeyok-0\n');
    try {
      execFileSync('mount', ['--bind', source, target], { stdio: 'ignore' });
    } catch {
      console.info('not tested here: this account may not mount');
      return;
    }
    onTestFinished(() => void execFileSync('umount', [target]));
    await expect(destination({ path: target, ...replacing }).prove()).rejects.toMatchObject({
      exitCode: 6,
      message: expect.stringContaining('mounted as a single file'),
    });
  });
});

describe('what is no regular file', () => {
  test.each([
    ['a symlink', () => symlinkSync('elsewhere', path), 'a symbolic link'],
    ['a folder', () => mkdirSync(path), 'a folder'],
    ['a FIFO', () => execFileSync('mkfifo', [path]), 'not a regular file'],
  ])('%s is refused, with force too', async (_, prepare, reason) => {
    prepare();
    for (const force of [false, true]) {
      const failure = await failureOf(deliver({ force }));
      expect(failure).toBeInstanceOf(DeliveryError);
      expect(failure.message).toContain(reason);
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
      await target.open();
      await target.prove();
      prepare();
      await expect(target.deliver(issued)).rejects.toThrow(DeliveryError);
      await target.close();
      expect(readdirSync(folder)).toEqual(['key']);
    }
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  test('a file that comes in the last moment, after every look, is not replaced', async () => {
    const late = meanwhile('before link key', () => writeFileSync(path, 'mine'));
    await expect(deliver({ hook: late.hook })).rejects.toThrow(/exists already/);
    expect(late.happened()).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['key']);
  });
});

describe('what file systems do', () => {
  test.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('one without hard links (%s) gets the file by a rename', async (code) => {
    const { hook, happened } = failing('before link key', systemError(code));
    await deliver({ hook });
    expect(happened()).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test('one that repeats a link over the network, and calls its own file one that exists', async () => {
    const twice = meanwhile('before link key', () => {
      const temporary = readdirSync(folder).find((name) => name.endsWith('.tmp')) ?? '';
      linkSync(join(folder, temporary), path);
    });
    await deliver({ hook: twice.hook });
    expect(twice.happened()).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
    expect(readdirSync(folder)).toEqual(['key']);
  });

  test.each(['ESTALE', 'EIO'])(
    'one that calls a rename failed (%s) which was done: the outcome is unknown, nothing is deleted',
    async (code) => {
      old();
      const { hook, happened } = failing('after rename key', systemError(code));
      const failure = await failureOf(deliver({ ...replacing, hook }));
      expect(happened()).toBe(1);
      expect(failure).toBeInstanceOf(DeliveryUnknownError);
      expect(readFileSync(path, 'utf8')).toBe('iapikeyok-1\n');
    },
  );

  test('one that cannot bring the folder to the disk after the rename: the outcome is unknown', async () => {
    old();
    const { hook, happened } = failing('before syncFolder', systemError('EIO'));
    const failure = await failureOf(deliver({ ...replacing, hook }));
    expect(happened()).toBe(1);
    expect(failure).toBeInstanceOf(DeliveryUnknownError);
    expect(failure.message).toContain('the disk reports an input/output error');
  });

  test('a second name of the key that cannot be removed is told, and swept by the next run', async () => {
    const { hook, happened } = failing('before unlink key', systemError('EIO'));
    await deliver({ hook });
    expect(happened()).toBe(1);
    expect(warnings).toEqual([expect.stringMatching(/may hold a key and could not be removed .*\. Remove it: rm /)]);
    expect(readdirSync(folder)).toHaveLength(2);
    await destination().open();
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a temporary file of a killed run that cannot be removed is told', async () => {
    const left = join(folder, '.key.sts-key-0123.tmp');
    writeFileSync(left, 'iapikeyok-0');
    const { hook } = failing('before unlink key', systemError('EPERM'));
    const target = destination({ hook });
    await target.open();
    await target.close();
    expect(warnings).toEqual([expect.stringContaining(left)]);
  });

  test('what killed runs left is swept, and nothing else', async () => {
    const others = ['.key.sts-other-abc.tmp', '.key2.sts-key-abc.tmp', 'key.sts-key-abc.tmp'];
    for (const name of [...others, '.key.sts-key-abc.tmp', '.key.sts-pending.sts-journal-abc.tmp']) {
      writeFileSync(join(folder, name), '');
    }
    await deliver();
    expect(readdirSync(folder).sort()).toEqual([...others, 'key'].sort());
  });
});

describe('errors of the system', () => {
  const proving = ['create key', 'file.overwrite key', 'file.chmod key', 'file.sync key', 'facts'];
  const delivering = ['file.truncate key', 'link key'];

  test.each(
    [...proving, ...delivering].flatMap((call) =>
      ['ENOSPC', 'EROFS', 'EACCES', 'EIO', 'EDQUOT', 'ESTALE'].map((code) => [call, code] as const),
    ),
  )(
    '%s ending in %s: a DeliveryError in words, nothing at the path, nothing beside it, no key in the message',
    async (call, code) => {
      const { hook, happened } = failing(`before ${call}`, systemError(code));
      const failure = await failureOf(deliver({ hook }));
      expect(happened()).toBe(1);
      expect(failure).toBeInstanceOf(DeliveryError);
      expect(failure).not.toBeInstanceOf(DeliveryUnknownError);
      expect(failure.message).toContain(path);
      expect(failure.message).not.toContain(code);
      expect(String(failure)).not.toContain(issued.secret);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('whatever fails leaves an old file as it was', async () => {
    const calls = [
      'create key',
      'file.overwrite key',
      'file.copyAccess key',
      'file.truncate key',
      'file.sync key',
      'file.close key',
      'rename key',
      'read',
    ];
    for (const call of calls) {
      old();
      const { hook, happened } = failing(`before ${call}`, systemError('EIO'));
      const failure = await failureOf(deliver({ ...replacing, hook }));
      expect(happened(), call).toBe(1);
      expect([5, 6], call).toContain((failure as unknown as StsError).exitCode);
      expect(readFileSync(path, 'utf8'), call).toBe('iapikeyok-0\n');
      expect(readdirSync(folder), call).toEqual(['key']);
    }
  });

  test('a lock that cannot be taken is an error of the file', async () => {
    const { hook } = failing('before lock', systemError('EACCES'));
    await expect(deliver({ hook })).rejects.toMatchObject({
      exitCode: 6,
      message: `The key file ${path} cannot be written: permission denied.`,
    });
  });

  test('a folder that vanishes after the proof is a failed delivery', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    const target = destination({ path: join(home, 'key') });
    await target.open();
    await target.prove();
    renameSync(home, join(folder, 'moved'));
    await expect(target.deliver(issued)).rejects.toThrow(/its folder does not exist/);
    await target.close();
  });

  test.each([
    ['a folder that is not there', 'no/such/key', 'mkdir -p'],
    ['a file in the place of the folder', 'file/key', 'not a folder'],
    ['a name that is too long', 'k'.repeat(300), 'too long'],
  ])('%s is refused before there is a key', async (_, name, reason) => {
    writeFileSync(join(folder, 'file'), '');
    const failure = await failureOf(deliver({ path: join(folder, name) }));
    expect(failure).toHaveProperty('exitCode', 6);
    expect(`${failure} ${failure.hints}`).toContain(reason);
  });
});

describe('full and read-only disks', () => {
  test('a full file system is found before there is a key', async () => {
    const full = mounted('size=8k');
    // Without the right to mount, the same is seen from the errors above.
    if (full === undefined) return void console.info('not tested here: this account may not mount');
    writeFileSync(join(full, 'filler'), Buffer.alloc(8192, 'x'));
    await expect(deliver({ path: join(full, 'key') })).rejects.toThrow(/disk is full/);
    expect(readdirSync(full)).toEqual(['filler']);
  });

  test('a disk that fills up after the proof still takes the key: its place was reserved', async () => {
    const small = mounted('size=64k');
    if (small === undefined) return void console.info('not tested here: this account may not mount');
    const target = destination({ path: join(small, 'key') });
    await target.open();
    await target.prove();
    expect(() => writeFileSync(join(small, 'filler'), Buffer.alloc(65_536, 'x'))).toThrow('ENOSPC');
    await target.deliver(issued);
    await target.close();
    expect(readFileSync(join(small, 'key'), 'utf8')).toBe('iapikeyok-1\n');
  });

  test('a read-only folder is found before there is a key', async () => {
    const readOnly = mounted('size=64k') ?? folder;
    if (readOnly === folder) chmodSync(folder, 0o500);
    else execFileSync('mount', ['-o', 'remount,ro', readOnly]);
    await expect(deliver({ path: join(readOnly, 'key') })).rejects.toThrow(/read-only|permission denied/);
    expect(readdirSync(readOnly)).toEqual([]);
    chmodSync(folder, 0o700);
  });
});

describe('what it holds', () => {
  test('nothing where there is no file, or none of a key', async () => {
    expect(await destination().current()).toBeUndefined();
    old('#!/bin/sh\n');
    expect(await destination().current()).toBeUndefined();
  });

  test('the key, also where a symbolic link leads to it, as Kubernetes mounts a Secret', async () => {
    writeFileSync(join(folder, 'data'), 'API_KEY=iapikeyok-9\n');
    symlinkSync('data', path);
    expect(await destination().current()).toBe('iapikeyok-9');
  });

  test('where it is not clear which, that is an error and not nothing', async () => {
    old('A=iapikeyok-0\nB=iapikeyok-1\n');
    await expect(destination().current()).rejects.toMatchObject({ exitCode: 3 });
    expect(await destination({ keyVar: 'B' }).current()).toBe('iapikeyok-1');
  });

  test.each(['EACCES', 'EIO', 'ESTALE'])('a file that cannot be read (%s) is an error and not nothing', async (code) => {
    old();
    const { hook } = failing('before read', systemError(code));
    await expect(destination({ hook }).current()).rejects.toMatchObject({ exitCode: 5 });
  });
});
