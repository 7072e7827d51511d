import fs, { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Disk } from '../../src/platform/disk.ts';
import { DurableWriteError, sweepSiblings, writeDurably } from '../../src/platform/durable.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { Killed, stoppingDisk } from '../support/stopping-disk.ts';
import { tempFolder } from '../support/temp.ts';

let folder: string;
let path: string;
const options = { mode: 0o600, label: 'test' };
const refusing = (call: keyof Disk, code: string): Disk => ({
  ...nodeDisk,
  [call]: async () => {
    throw Object.assign(new Error(code), { code });
  },
});

beforeEach(() => {
  folder = tempFolder();
  path = join(folder, 'file');
});

test('a file is made with its mode, whatever the umask', async () => {
  await writeDurably(nodeDisk, path, 'new\n', { ...options, mode: 0o640 });
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new\n', 0o640]);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('the text is on the disk before it takes the place of the old one, and the folder after', async () => {
  const { disk, calls } = stoppingDisk(nodeDisk);
  await writeDurably(disk, path, 'new', options);
  expect(calls).toEqual(['create', 'file.overwrite', 'file.sync', 'file.close', 'rename', 'syncFolder']);
});

describe('stopped before and after every call', () => {
  test('the file is the old one or the new one, and a sweep leaves nothing else', async () => {
    const { calls } = await stopped(Number.POSITIVE_INFINITY);
    const texts = new Set<string>();
    for (let point = 0; point < 2 * calls.length; point++) {
      expect((await stopped(point)).killed(), `point ${point}`).toBe(true);
      const text = readFileSync(path, 'utf8');
      texts.add(text);
      expect(await sweepSiblings(nodeDisk, path, options.label)).toEqual([]);
      expect([text, readdirSync(folder)]).toEqual([expect.stringMatching(/^(?:old|new)$/), ['file']]);
    }
    expect([...texts].sort()).toEqual(['new', 'old']);
  });

  async function stopped(point: number) {
    writeFileSync(path, 'old');
    const watched = stoppingDisk(nodeDisk, point);
    const ended = await writeDurably(watched.disk, path, 'new', options).catch((error: unknown) => error);
    const cause = ended instanceof DurableWriteError ? ended.cause : ended;
    if (watched.killed()) expect(cause).toBeInstanceOf(Killed);
    await watched.cleanUp();
    return watched;
  }
});

test('what ends the write before the rename leaves the file and no other', async () => {
  writeFileSync(path, 'old');
  const refuse = async () => {
    throw new Error('not now');
  };
  for (const hook of [{ prepare: refuse }, { beforeRename: refuse }]) {
    await expect(writeDurably(nodeDisk, path, 'new', { ...options, ...hook })).rejects.toThrow('not now');
  }
  await expect(writeDurably(refusing('rename', 'EBUSY'), path, 'new', options)).rejects.toMatchObject({ code: 'EBUSY' });
  expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['old', ['file']]);
});

test('a folder that cannot be brought to the disk is no silent success', async () => {
  writeFileSync(path, 'old');
  const error = await writeDurably(refusing('syncFolder', 'EIO'), path, 'new', options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DurableWriteError);
  expect(error).toMatchObject({ code: 'EIO', replaced: true, leftover: undefined });
  expect(readFileSync(path, 'utf8')).toBe('new');
});

test.each([
  ['EIO', false],
  ['ENOSPC', false],
  ['EDQUOT', false],
  ['ESTALE', false],
  ['EINVAL', true],
  ['ENOTSUP', true],
  ['ENOSYS', true],
])(
  'a system that says %s of a folder that is to be brought to the disk is believed; that it cannot do it is no failure: %s',
  async (code, isFine) => {
    const open = fs.promises.open;
    vi.spyOn(fs.promises, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      vi.spyOn(handle, 'sync').mockRejectedValue(Object.assign(new Error(code), { code }));
      return handle;
    });
    const synced = nodeDisk.syncFolder(folder);
    if (isFine) await expect(synced).resolves.toBeUndefined();
    else await expect(synced).rejects.toMatchObject({ code });
  },
);

test('a temporary file that cannot be removed is named', async () => {
  const disk = { ...refusing('unlink', 'EPERM'), rename: refusing('rename', 'EBUSY').rename };
  const error = await writeDurably(disk, path, 'new', options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'EBUSY', replaced: false, leftover: join(folder, readdirSync(folder)[0] ?? '') });
  expect(await sweepSiblings(disk, path, options.label)).toEqual([join(folder, readdirSync(folder)[0] ?? '')]);
  expect(await sweepSiblings(nodeDisk, path, options.label)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a sweep takes the files of this file and label alone', async () => {
  const others = ['.file.sts-other-1.tmp', '.file2.sts-test-1.tmp', '.file.sts-test-1.txt', 'file.sts-test-1.tmp'];
  for (const name of [...others, '.file.sts-test-1.tmp']) writeFileSync(join(folder, name), '');
  expect(await sweepSiblings(nodeDisk, path, 'test')).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(others.sort());
});

test('a sweep of a folder that is not there finds nothing', async () => {
  expect(await sweepSiblings(nodeDisk, join(folder, 'none', 'file'), 'test')).toEqual([]);
});
