import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test.each<[what: string, env: Readonly<Record<string, string | undefined>>, folder: string | undefined]>([
  ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/caches', HOME: '/home/me' }, '/caches/stackstate-cli/compile-cache'],
  ['HOME', { HOME: '/home/me' }, '/home/me/.cache/stackstate-cli/compile-cache'],
  [
    'HOME, where XDG_CACHE_HOME is relative',
    { XDG_CACHE_HOME: 'rel', HOME: '/home/me' },
    '/home/me/.cache/stackstate-cli/compile-cache',
  ],
  ['nobody, where HOME is relative', { HOME: 'rel' }, undefined],
])('the compile cache of Node has the folder that %s gives', async (_what, env, folder) => {
  expect(await cacheFolder(env)).toBe(folder);
});
