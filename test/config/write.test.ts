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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { changeConfigFile, deleteContext, saveContext, setCurrentContext } from '../../src/config/write.ts';
import { ConfigError } from '../../src/errors.ts';
import { tempFolder } from '../support/temp.ts';

const context: Context = { url: 'https://a.example.com', apiToken: 't' };
let folder: string;
let path: string;
let warnings: string[];
const warn = (line: string) => void warnings.push(line);
const modeOf = (file: string) => statSync(file).mode & 0o777;
const namesIn = (file: string) => parseConfig(file, readFileSync(file, 'utf8')).contexts.map(({ name }) => name);

beforeEach(() => {
  folder = join(tempFolder(), 'stackstate-cli');
  path = join(folder, 'config.yaml');
  warnings = [];
});

describe('the file', () => {
  test('is made 0600 in a folder 0700, and nothing else is left there', async () => {
    await saveContext(path, 'a', context, warn);
    expect([modeOf(path), modeOf(folder)]).toEqual([0o600, 0o700]);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
    expect(warnings).toEqual([]);
  });

  test('open to others is closed, with a warning for it and for the folder', async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(path, '# mine\n');
    chmodSync(path, 0o644);
    await saveContext(path, 'a', context, warn);
    expect([modeOf(path), modeOf(folder)]).toEqual([0o600, 0o700]);
    expect(warnings).toEqual([
      expect.stringContaining(`${folder} was open to others (mode 0755)`),
      expect.stringContaining(`${path} was open to others (mode 0644)`),
    ]);
  });

  test('is closed also when there is nothing to change', async () => {
    await saveContext(path, 'a', context, warn);
    chmodSync(path, 0o640);
    await setCurrentContext(path, 'a', warn);
    expect(modeOf(path)).toBe(0o600);
    expect(warnings).toHaveLength(1);
  });

  test('in a folder of another name leaves that folder as it is', async () => {
    const other = tempFolder();
    chmodSync(other, 0o755);
    await saveContext(join(other, 'c.yaml'), 'a', context, warn);
    expect(modeOf(other)).toBe(0o755);
  });

  test('that is a symlink stays one', async () => {
    const real = join(tempFolder(), 'real.yaml');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(real, '# real\n', { mode: 0o600 });
    symlinkSync(real, path);
    await saveContext(path, 'a', context, warn);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readlinkSync(path)).toBe(real);
    expect(readFileSync(real, 'utf8')).toContain('# real\ncontexts:');
  });

  test('that is a symlink to nothing yet is made where it leads', async () => {
    const real = join(tempFolder(), 'later.yaml');
    mkdirSync(folder, { mode: 0o700 });
    symlinkSync(real, path);
    await saveContext(path, 'a', context, warn);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(namesIn(real)).toEqual(['a']);
  });

  test('that cannot be parsed stays untouched', async () => {
    mkdirSync(folder);
    writeFileSync(path, 'contexts:\n\t- name: a\n');
    const before = statSync(path);
    await expect(saveContext(path, 'a', context, warn)).rejects.toThrow(/line 2, column \d+/);
    await expect(setCurrentContext(path, 'a', warn)).rejects.toThrow(ConfigError);
    await expect(deleteContext(path, 'a', warn)).rejects.toThrow(ConfigError);
    expect(readFileSync(path, 'utf8')).toBe('contexts:\n\t- name: a\n');
    expect({ ino: statSync(path).ino, mtimeMs: statSync(path).mtimeMs }).toEqual({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('that is a folder, or lies under a file, is refused', async () => {
    mkdirSync(path, { recursive: true });
    await expect(saveContext(path, 'a', context, warn)).rejects.toThrow('it is a folder');
    writeFileSync(join(folder, 'file'), '');
    const under = join(folder, 'file', 'config.yaml');
    await expect(saveContext(under, 'a', context, warn)).rejects.toThrow('a part of the path is no folder');
  });

  test('is not made by a change that is refused', async () => {
    await expect(setCurrentContext(path, 'a', warn)).rejects.toThrow('There is no context "a"');
    expect(existsSync(folder)).toBe(false);
  });
});

test('a folder that cannot be written to is an error that says so', async () => {
  mkdirSync(folder);
  writeFileSync(path, '# mine\n');
  for (const readable of [join(folder, '..'), path]) chmodSync(readable, 0o755);
  const program = await bundle();
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
  const program = await bundle();
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
  await saveContext(path, 'a', context, warn);
  const owner = process.getuid?.() === 0 ? 65534 : statSync(path).uid;
  chownSync(path, owner, statSync(path).gid);
  await saveContext(path, 'b', context, warn);
  expect(statSync(path).uid).toBe(owner);
});

describe('several at once', () => {
  test('twenty saves of different names in one process all survive', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name) => saveContext(path, name, context, warn)));
    expect(namesIn(path).toSorted()).toEqual(names.toSorted());
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('twenty processes all survive', { timeout: 60_000 }, async () => {
    const program = await bundle();
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const codes = await Promise.all(names.map((name) => inProcess(program, name)));
    expect(codes).toEqual(names.map(() => 0));
    expect(namesIn(path).toSorted()).toEqual(names.toSorted());
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('a change by a program that knows no lock is not lost', async () => {
    await saveContext(path, 'a', context, warn);
    let calls = 0;
    await changeConfigFile(
      path,
      (text) => {
        calls++;
        // Right after our reading, before our writing; the first call only looks.
        if (calls === 2) writeFileSync(path, `${text}editor: vi\n`);
        return `${text}ours: 1\n`;
      },
      warn,
    );
    expect(readFileSync(path, 'utf8')).toMatch(/editor: vi\nours: 1\n$/);
    expect(calls).toBe(3);
  });

  test('a file that never stops changing is given up, as the other program left it', async () => {
    await saveContext(path, 'a', context, warn);
    let calls = 0;
    const change = (text: string) => {
      calls++;
      writeFileSync(path, `# ${calls}\n`);
      return `${text}ours: 1\n`;
    };
    await expect(changeConfigFile(path, change, warn)).rejects.toThrow('keeps being changed by another program');
    expect(readFileSync(path, 'utf8')).toBe(`# ${calls}\n`);
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  test('the lock of a program that died is taken over', async () => {
    await saveContext(path, 'a', context, warn);
    const lock = `${path}.lock`;
    mkdirSync(lock);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await saveContext(path, 'b', context, warn);
    expect(namesIn(path)).toEqual(['a', 'b']);
    expect(existsSync(lock)).toBe(false);
  });
});

/** The program `save-process.ts` as one file that plain Node runs. */
async function bundle(): Promise<string> {
  const file = join(tempFolder(), 'save.cjs');
  const input = fileURLToPath(new URL('./save-process.ts', import.meta.url));
  await build({ input, platform: 'node', output: { file, format: 'cjs' }, logLevel: 'silent' });
  return file;
}

/** Saves a context in a process of its own. */
function inProcess(program: string, name: string): Promise<number | null> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program, path, name], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', fail);
    child.once('exit', done);
  });
}
