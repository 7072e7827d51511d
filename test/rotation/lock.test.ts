import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockKeyFile } from '../../src/rotation/lock.ts';
import { tempFolder } from '../support/temp.ts';

test('one holder a file, whatever path leads to it', async () => {
  const folder = tempFolder();
  const link = join(tempFolder(), 'link');
  symlinkSync(folder, link);
  const lock = await lockKeyFile(join(folder, 'a.key'));
  const other = await lockKeyFile(join(folder, 'b.key'));
  await expect(lockKeyFile(join(folder, 'a.key'))).rejects.toMatchObject({ exitCode: 6 });
  await expect(lockKeyFile(join(link, 'a.key'))).rejects.toMatchObject({ exitCode: 6 });
  await lock.release();
  await (await lockKeyFile(join(link, 'a.key'))).release();
  await other.release();
});

test('a folder that does not exist can be locked: the destination will say what is wrong', async () => {
  const path = join(tempFolder(), 'missing', 'a.key');
  await (await lockKeyFile(path)).release();
});
