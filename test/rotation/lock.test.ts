import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockKeyFile } from '../../src/rotation/lock.ts';
import { tempFolder } from '../support/temp.ts';

test.each(['linux', 'darwin'] as const)('one holder a file, whatever path leads to it: %s', async (system) => {
  const folder = tempFolder();
  const link = join(tempFolder(), 'link');
  symlinkSync(folder, link);
  const take = (path: string) => lockKeyFile(path, system);
  const lock = await take(join(folder, 'a.key'));
  const other = await take(join(folder, 'b.key'));
  await expect(take(join(folder, 'a.key'))).rejects.toMatchObject({ exitCode: 6 });
  await expect(take(join(link, 'a.key'))).rejects.toMatchObject({ exitCode: 6 });
  await lock.release();
  await (await take(join(link, 'a.key'))).release();
  await other.release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['linux', 'darwin'] as const)('a folder that does not exist can be locked: %s', async (system) => {
  // The destination will say what is wrong.
  const path = join(tempFolder(), 'missing', 'a.key');
  await (await lockKeyFile(path, system)).release();
});
