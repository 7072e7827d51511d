import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { builtProgram, runBuilt } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';

/** Runs the program without its own code cache under a Node that notes the folder it is to keep one in. */
async function cacheFolder(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const folder = tempFolder();
  const root = dirname(dirname(builtProgram));
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  rmSync(join(folder, 'dist', 'code-cache'), { recursive: true });
  const [hook, note] = [join(folder, 'hook.cjs'), join(folder, 'note')];
  writeFileSync(
    hook,
    `require('node:module').enableCompileCache = (path) => require('node:fs').writeFileSync(${JSON.stringify(note)}, path);`,
  );
  const program = join(folder, 'bin', 'sts.js');
  const result = await runBuilt(['version'], { program, env, cwd: folder, nodeArguments: ['--require', hook] });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return existsSync(note) ? readFileSync(note, 'utf8') : undefined;
}

test('the compile cache of Node has a folder of the user alone, wherever that can be', async () => {
  const [home, caches] = [tempFolder(), tempFolder()];
  const inHome = join(home, '.cache', 'stackstate-cli', 'compile-cache');
  expect(await cacheFolder({ XDG_CACHE_HOME: 'rel', HOME: home })).toBe(inHome);
  expect(statSync(inHome).mode & 0o777).toBe(0o700);
  expect(await cacheFolder({ HOME: home })).toBe(inHome);
  expect(await cacheFolder({ XDG_CACHE_HOME: caches, HOME: home })).toBe(join(caches, 'stackstate-cli', 'compile-cache'));
});

test.each([
  ['a relative home', 'rel'],
  ['a home that does not exist', '/nonexistent/home'],
  ['no folder at all', '/dev/null'],
  ['what only looks like a folder', '/proc/self/nowhere'],
])('%s gets no compile cache, and nothing is made there', async (_, HOME) => {
  expect(await cacheFolder({ HOME })).toBeUndefined();
  expect(existsSync('/nonexistent')).toBe(false);
});

test('without its own code cache the program starts, whatever the home is', async () => {
  const folder = tempFolder();
  const root = dirname(dirname(builtProgram));
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  rmSync(join(folder, 'dist', 'code-cache'), { recursive: true });
  const program = join(folder, 'bin', 'sts.js');
  mkdirSync(join(folder, 'home'));
  for (const HOME of [join(folder, 'home'), '/proc/nowhere', '/dev/null', '/nonexistent']) {
    for (let run = 0; run < 2; run++) {
      expect(await runBuilt(['version'], { program, env: { HOME } })).toMatchObject({ code: 0, stderr: '' });
    }
  }
});
