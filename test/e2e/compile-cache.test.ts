import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtProgram, runBuilt, testOfTheBuild, testsTheBuild } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';

/** A copy of the built program without its own code cache. @returns its folder. */
function withoutCodeCache(): string {
  const folder = tempFolder();
  const root = dirname(dirname(builtProgram));
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  rmSync(join(folder, 'dist', 'code-cache'), { recursive: true });
  return folder;
}

/** Runs the program without its own code cache under a Node that notes the folder it is to keep one in. */
async function cacheFolder(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const folder = withoutCodeCache();
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

const isRoot = process.getuid?.() === 0;

/** The title of a case that only root can set up, since it gives a folder to another user. */
const byRoot = (title: string) => (isRoot ? title : `SKIPPED, needs root: ${title}`);

const inCaches = (caches: string) => join(caches, 'stackstate-cli', 'compile-cache');

testOfTheBuild('the compile cache of Node has a folder of the user alone, wherever that can be', async () => {
  const [home, caches] = [tempFolder(), tempFolder()];
  const inHome = inCaches(join(home, '.cache'));
  expect(await cacheFolder({ XDG_CACHE_HOME: 'rel', HOME: home })).toBe(inHome);
  expect(statSync(inHome).mode & 0o777).toBe(0o700);
  expect(await cacheFolder({ HOME: home })).toBe(inHome);
  expect(await cacheFolder({ XDG_CACHE_HOME: caches, HOME: home })).toBe(inCaches(caches));
});

testOfTheBuild('a symbolic link to a folder of the user is followed once, before Node sees it', async () => {
  const [home, elsewhere] = [tempFolder(), tempFolder()];
  symlinkSync(elsewhere, join(home, '.cache'));
  expect(await cacheFolder({ HOME: home })).toBe(inCaches(elsewhere));
});

testOfTheBuild.each([
  ['a relative home', 'rel'],
  ['a home that does not exist', '/nonexistent/home'],
  ['no folder at all', '/dev/null'],
  ['what only looks like a folder', '/proc/self/nowhere'],
])('%s gets no compile cache, and nothing is made there', async (_, HOME) => {
  expect(await cacheFolder({ HOME })).toBeUndefined();
  expect(existsSync('/nonexistent')).toBe(false);
});

const levels = [
  ['the home', ''],
  ['the caches', '.cache'],
  ['the folder of the program', '.cache/stackstate-cli'],
  ['the folder of the cache', '.cache/stackstate-cli/compile-cache'],
] as const;

describe.each(levels)('%s', (_, level) => {
  function plantedHome(): string {
    const home = tempFolder();
    mkdirSync(inCaches(join(home, '.cache')), { recursive: true, mode: 0o700 });
    return home;
  }

  testOfTheBuild.each(['720', '702'])('that others may write (mode %s) makes the compile cache unused', async (mode) => {
    const home = plantedHome();
    chmodSync(join(home, level), Number.parseInt(mode, 8));
    expect(await cacheFolder({ HOME: home })).toBeUndefined();
  });

  test.skipIf(!isRoot || !testsTheBuild || process.env['STS_NODE'] !== undefined)(
    byRoot('that belongs to another user makes the compile cache unused, also for root'),
    async () => {
      const home = plantedHome();
      chownSync(join(home, level), 65_534, 65_534);
      expect(await cacheFolder({ HOME: home })).toBeUndefined();
    },
  );
});

test.skipIf(!isRoot || !testsTheBuild || process.env['STS_NODE'] !== undefined)(
  byRoot("root makes nothing in another user's home, and follows no link into it"),
  async () => {
    const [theirs, own] = [tempFolder(), tempFolder()];
    chownSync(theirs, 65_534, 65_534);
    expect(await cacheFolder({ HOME: theirs })).toBeUndefined();
    expect(existsSync(join(theirs, '.cache'))).toBe(false);
    symlinkSync(theirs, join(own, '.cache'));
    expect(await cacheFolder({ HOME: own })).toBeUndefined();
    expect(existsSync(join(theirs, 'stackstate-cli'))).toBe(false);
  },
);

testOfTheBuild(
  'a folder of the cache that others may only read is unused: Node makes folders in it with the mode of the umask',
  async () => {
    const home = tempFolder();
    mkdirSync(inCaches(join(home, '.cache')), { recursive: true });
    chmodSync(inCaches(join(home, '.cache')), 0o755);
    expect(await cacheFolder({ HOME: home })).toBeUndefined();
  },
);

testOfTheBuild('without its own code cache the program starts, whatever the home is', async () => {
  const folder = withoutCodeCache();
  const program = join(folder, 'bin', 'sts.js');
  mkdirSync(join(folder, 'home'));
  for (const HOME of [join(folder, 'home'), '/proc/nowhere', '/dev/null', '/nonexistent']) {
    for (let run = 0; run < 2; run++) {
      expect(await runBuilt(['version'], { program, env: { HOME } })).toMatchObject({ code: 0, stderr: '' });
    }
  }
});
