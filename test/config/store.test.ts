import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { changeConfigFile } from '../../src/config/replace.ts';
import {
  type ConfigAccess,
  checkSave,
  deleteContext,
  replaceToken,
  saveContext,
  setCurrentContext,
  tokenOf,
} from '../../src/config/store.ts';
import { ConfigError, NotFoundError } from '../../src/errors.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { bundle } from '../support/bundle.ts';
import { tempFolder } from '../support/temp.ts';

const context: Context = { url: 'https://a.example.com', apiToken: 't' };
const saveProcess = new URL('./save-process.ts', import.meta.url);
let folder: string;
let path: string;
let warnings: string[];
const access: ConfigAccess = { disk: nodeDisk, sleep: (ms) => delay(ms), warn: (line) => void warnings.push(line) };
const modeOf = (file: string) => statSync(file).mode & 0o777;
const namesIn = (file: string) => parseConfig(file, readFileSync(file, 'utf8')).contexts.map(({ name }) => name);

beforeEach(() => {
  folder = join(tempFolder(), 'stackstate-cli');
  path = join(folder, 'config.yaml');
  warnings = [];
});

describe('the file', () => {
  test('is made 0600 in a folder 0700, and nothing else is left there', async () => {
    await saveContext(access, path, 'a', context);
    expect([modeOf(path), modeOf(folder)]).toEqual([0o600, 0o700]);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
    expect(warnings).toEqual([]);
  });

  test('open to others is closed, with a warning for it and for the folder', async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(path, '# mine\n');
    chmodSync(path, 0o644);
    await saveContext(access, path, 'a', context);
    expect([modeOf(path), modeOf(folder)]).toEqual([0o600, 0o700]);
    expect(warnings).toEqual([
      expect.stringContaining(`${folder} was open to others (mode 0755)`),
      expect.stringContaining(`${path} was open to others (mode 0644)`),
    ]);
  });

  test('is closed also when there is nothing to change', async () => {
    await saveContext(access, path, 'a', context);
    chmodSync(path, 0o640);
    await setCurrentContext(access, path, 'a');
    expect(modeOf(path)).toBe(0o600);
    expect(warnings).toHaveLength(1);
  });

  test('in a folder of another name leaves that folder as it is', async () => {
    const other = tempFolder();
    chmodSync(other, 0o755);
    await saveContext(access, join(other, 'c.yaml'), 'a', context);
    expect(modeOf(other)).toBe(0o755);
  });

  test('that is a symlink stays one', async () => {
    const real = join(tempFolder(), 'real.yaml');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(real, '# real\n', { mode: 0o600 });
    symlinkSync(real, path);
    await saveContext(access, path, 'a', context);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readlinkSync(path)).toBe(real);
    expect(readFileSync(real, 'utf8')).toContain('# real\ncontexts:');
  });

  test('that is a symlink to nothing yet is made where it leads', async () => {
    const real = join(tempFolder(), 'later.yaml');
    mkdirSync(folder, { mode: 0o700 });
    symlinkSync(real, path);
    await saveContext(access, path, 'a', context);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(namesIn(real)).toEqual(['a']);
  });

  test('that cannot be parsed stays untouched', async () => {
    mkdirSync(folder);
    writeFileSync(path, 'contexts:\n\t- name: a\n');
    const before = statSync(path);
    await expect(saveContext(access, path, 'a', context)).rejects.toThrow(/line 2, column \d+/);
    await expect(setCurrentContext(access, path, 'a')).rejects.toThrow(ConfigError);
    await expect(deleteContext(access, path, 'a')).rejects.toThrow(ConfigError);
    expect(readFileSync(path, 'utf8')).toBe('contexts:\n\t- name: a\n');
    expect({ ino: statSync(path).ino, mtimeMs: statSync(path).mtimeMs }).toEqual({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('that is a folder, or lies under a file, is refused', async () => {
    mkdirSync(path, { recursive: true });
    await expect(saveContext(access, path, 'a', context)).rejects.toThrow('it is a folder');
    writeFileSync(join(folder, 'file'), '');
    const under = join(folder, 'file', 'config.yaml');
    await expect(saveContext(access, under, 'a', context)).rejects.toThrow('a part of the path is not a folder');
  });

  test('is not made by a change that is refused', async () => {
    await expect(setCurrentContext(access, path, 'a')).rejects.toThrow('There is no context "a"');
    expect(existsSync(folder)).toBe(false);
  });
});

describe('what is reported', () => {
  test('of a file that is made, of a context that is new, and of one that is replaced', async () => {
    expect(await saveContext(access, path, 'a', context)).toEqual({ path, created: true, isCurrent: true });
    expect(await saveContext(access, path, 'b', context)).toEqual({ path, created: false, isCurrent: true });
    const url = 'https://me:hush@b.example.com';
    const replaced = { url: 'https://a.example.com' };
    expect(await saveContext(access, path, 'b', { url, apiToken: 't' })).toEqual({
      path,
      created: false,
      isCurrent: true,
      replaced,
    });
    expect(await saveContext(access, path, 'b', context)).toMatchObject({ replaced: { url: 'https://b.example.com' } });
  });

  test('of the old flat form that is replaced', async () => {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(path, 'url: https://flat\napi-token: t\n', { mode: 0o600 });
    expect(await saveContext(access, path, 'default', context)).toMatchObject({
      created: false,
      replaced: { url: 'https://flat' },
    });
  });

  test('of a context that is deleted: whether it was the current one', async () => {
    await saveContext(access, path, 'a', context);
    await saveContext(access, path, 'b', context);
    expect(await deleteContext(access, path, 'a')).toEqual({ wasCurrent: false });
    expect(await deleteContext(access, path, 'b')).toEqual({ wasCurrent: true });
    expect(namesIn(path)).toEqual([]);
    expect(await saveContext(access, path, 'c', context)).toMatchObject({ created: false });
  });
});

describe('the token of a context', () => {
  test('is read, and replaced by a newer one', async () => {
    await saveContext(access, path, 'a', { url: 'https://a', serviceToken: 'one' });
    expect(await tokenOf(nodeDisk, path, 'a')).toEqual({ kind: 'service-token', value: 'one' });
    await replaceToken(access, path, 'a', 'one', 'two');
    expect(await tokenOf(nodeDisk, path, 'a')).toEqual({ kind: 'service-token', value: 'two' });
    await expect(replaceToken(access, path, 'a', 'one', 'three')).rejects.toThrow('has changed in the meantime');
    expect(await tokenOf(nodeDisk, path, 'a')).toEqual({ kind: 'service-token', value: 'two' });
  });

  test('that is none', async () => {
    await saveContext(access, path, 'a', { url: 'https://a' });
    expect(await tokenOf(nodeDisk, path, 'a')).toBeUndefined();
    await expect(tokenOf(nodeDisk, path, 'b')).rejects.toThrow(NotFoundError);
    await expect(tokenOf(nodeDisk, join(folder, 'none.yaml'), 'a')).rejects.toThrow(NotFoundError);
  });
});

test('what could not be saved is refused before, and nothing is written', async () => {
  await checkSave(nodeDisk, path, 'a', context);
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path, 'contexts: &l []\nothers: *l\n', { mode: 0o600 });
  await expect(checkSave(nodeDisk, path, 'a', context)).rejects.toThrow('cannot be changed without touching more');
  expect(readdirSync(folder)).toEqual(['config.yaml']);
});

test('a folder that cannot be written to is an error that says so', async () => {
  mkdirSync(folder);
  writeFileSync(path, '# mine\n');
  for (const readable of [join(folder, '..'), path]) chmodSync(readable, 0o755);
  const program = await bundle(saveProcess);
  chmodSync(join(program, '..'), 0o755);
  chmodSync(folder, 0o555);
  // Root may write anywhere, so it is done by nobody.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { status, stderr } = spawnSync(process.execPath, [program, path, 'a'], { ...nobody, cwd: '/', encoding: 'utf8' });
  expect(stderr).toContain(`ConfigError: The config file ${path} cannot be written: permission denied.`);
  expect(status).toBe(1);
  expect(readFileSync(path, 'utf8')).toBe('# mine\n');
});

test.runIf(process.getuid?.() === 0)('a folder of somebody else that is open to all is not said to be closed', async () => {
  mkdirSync(folder);
  for (const readable of [join(folder, '..'), folder]) chmodSync(readable, 0o777);
  const program = await bundle(saveProcess);
  chmodSync(join(program, '..'), 0o755);
  const { status, stdout } = spawnSync(process.execPath, [program, path, 'a'], {
    uid: 65534,
    gid: 65534,
    cwd: '/',
    encoding: 'utf8',
  });
  expect(stdout).toBe(
    `The folder ${folder} is open to others (mode 0777) and holds tokens; its mode cannot be changed: permission denied.\n`,
  );
  expect(status).toBe(0);
  expect(namesIn(path)).toEqual(['a']);
});

test('a file that belongs to somebody else still does afterwards, when root changes it', async () => {
  await saveContext(access, path, 'a', context);
  const owner = process.getuid?.() === 0 ? 65534 : statSync(path).uid;
  chownSync(path, owner, statSync(path).gid);
  await saveContext(access, path, 'b', context);
  expect(statSync(path).uid).toBe(owner);
});

describe('several at once', () => {
  test('twenty saves of different names in one process all survive', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name) => saveContext(access, path, name, context)));
    expect(namesIn(path).toSorted()).toEqual(names.toSorted());
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('twenty processes all survive', { timeout: 60_000 }, async () => {
    const program = await bundle(saveProcess);
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const codes = await Promise.all(names.map((name) => inProcess(program, name)));
    expect(codes).toEqual(names.map(() => 0));
    expect(namesIn(path).toSorted()).toEqual(names.toSorted());
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('a change by a program that knows no lock is not lost', async () => {
    await saveContext(access, path, 'a', context);
    let calls = 0;
    await changeConfigFile(access, path, (text) => {
      calls++;
      // Right after our reading, before our writing; the first call only looks.
      if (calls === 2) writeFileSync(path, `${text}editor: vi\n`);
      return `${text}ours: 1\n`;
    });
    expect(readFileSync(path, 'utf8')).toMatch(/editor: vi\nours: 1\n$/);
    expect(calls).toBe(3);
  });

  test('a file that never stops changing is given up, as the other program left it', async () => {
    await saveContext(access, path, 'a', context);
    let calls = 0;
    const change = (text: string) => {
      calls++;
      writeFileSync(path, `# ${calls}\n`);
      return `${text}ours: 1\n`;
    };
    await expect(changeConfigFile(access, path, change)).rejects.toThrow('keeps being changed by another program');
    expect(readFileSync(path, 'utf8')).toBe(`# ${calls}\n`);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });
});

/** Saves a context in a process of its own. */
function inProcess(program: string, name: string): Promise<number | null> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program, path, name], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', fail);
    child.once('exit', done);
  });
}
