// Between the door and `main`: how the built program gets its parts. Nothing here runs when the sources are run.
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Script } from 'node:vm';

type Require = (id: string) => unknown;
type Wrapped = (exports: unknown, require: Require, module: unknown, filename: string, dirname: string) => void;

interface Part {
  readonly script: Script;
  readonly module: { readonly exports: unknown };
}

const { arch, env, platform, version } = process;

/** What is loaded so far, by file name. */
const parts = new Map<string, Part>();

/** The code cache for this very Node: the build makes one for the Node that it runs on. */
const cacheFolder = join(__dirname, 'code-cache', `${version}-${platform}-${arch}`);

/**
 * Loads the program. With the code cache (its functions as V8 compiled them) that takes a third less time; where there is none for this
 * Node, Node loads the program as it loads any other, with its own compile cache where it has one.
 * @returns what `main.ts` exports.
 */
export function loadProgram(): typeof import('./main.ts') {
  const first = cacheOf('main.cjs');
  if (first !== undefined) return load('main.cjs', first) as typeof import('./main.ts');
  // From Node 22.1 on.
  const { enableCompileCache } = require('node:module') as { readonly enableCompileCache?: (folder: string) => unknown };
  const caches = userCaches();
  if (caches !== undefined) enableCompileCache?.(join(caches, 'stackstate-cli', 'compile-cache'));
  return require('./main.cjs');
}

/** Loads the program as one that a code cache can be made of afterwards. Only for the build. */
export function loadToCache(): typeof import('./main.ts') {
  return load('main.cjs', undefined) as typeof import('./main.ts');
}

/** The code cache of all that has been compiled so far, by file name. Only for the build. */
export function codeCache(): ReadonlyMap<string, Buffer> {
  return new Map([...parts].map(([name, { script }]) => [name, script.createCachedData()]));
}

/** File names of what is loaded so far, each with whether its code cache was there and taken. Only for the tests. */
export function loadedParts(): ReadonlyMap<string, boolean> {
  return new Map([...parts].map(([name, { script }]) => [name, script.cachedDataRejected === false]));
}

/**
 * A folder of the user's own: what lies in a shared one could be somebody else's code. A relative path leads into whatever folder
 * one works in, so it counts as none.
 */
function userCaches(): string | undefined {
  const folder = env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(folder)) return folder;
  try {
    const home = (require('node:os') as typeof import('node:os')).homedir();
    return isAbsolute(home) ? join(home, '.cache') : undefined;
  } catch {
    // A user without an entry in the system's list has no home.
    return undefined;
  }
}

function cacheOf(name: string): Buffer | undefined {
  try {
    return readFileSync(join(cacheFolder, name));
  } catch {
    return undefined;
  }
}

/** Files of the program and nothing else come this way, so that none has to be looked for. */
function load(name: string, cachedData: Buffer | undefined): unknown {
  const filename = join(__dirname, name);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8')}\n})`;
  // V8 takes no cache but one of its own version, flags and source; another costs the time to compile, and nothing else.
  const script = new Script(wrapped, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} };
  parts.set(name, { script, module });
  (script.runInThisContext() as Wrapped)(module.exports, requirePart, module, filename, __dirname);
  return module.exports;
}

function requirePart(id: string): unknown {
  if (!id.startsWith('./')) return require(id);
  const name = id.slice(2);
  return parts.get(name)?.module.exports ?? load(name, cacheOf(name));
}
