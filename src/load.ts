// Between the door and `main`: how the built program gets its parts. Nothing here runs when the sources are run.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { compileCacheFolder } from './load/compile-cache.ts';
import { once, twice } from './load/twice.ts';

type Require = (id: string) => unknown;
type Wrapped = (exports: unknown, require: Require, module: unknown, filename: string, dirname: string) => void;

/** Where the parts of the program stand. */
export interface Store {
  /** The JavaScript of a part. @param name file name, as in `dist`. */
  text(name: string): string;
  /** What V8 made of it before; undefined where there is nothing for this Node. */
  cache(name: string): Buffer | undefined;
}

interface Part {
  readonly script: Script;
  readonly module: { readonly exports: unknown };
}

const { arch, platform, version } = process;

/** What is loaded so far, by file name. */
const parts = new Map<string, Part>();

/** The code cache for this very Node: the build makes one for the Node that it runs on. */
const cacheFolder = join(__dirname, 'code-cache', `${version}-${platform}-${arch}`);

/** The folder of the built program. */
const folder: Store = {
  text: (name) => readFileSync(join(__dirname, name), 'utf8'),
  cache(name) {
    try {
      return once(readFileSync(join(cacheFolder, name)));
    } catch {
      return undefined;
    }
  },
};

/**
 * Loads the program from its folder. With the code cache (its functions as V8 compiled them) that takes a third less time; where there is
 * none for this Node, Node loads the program as it loads any other, with its own compile cache where it has one.
 * @returns what `main.ts` exports.
 */
export function loadProgram(): typeof import('./main.ts') {
  if (existsSync(cacheFolder)) return loadFrom(folder);
  // From Node 22.1 on.
  const { enableCompileCache } = require('node:module') as { readonly enableCompileCache?: (folder: string) => unknown };
  const caches = enableCompileCache === undefined ? undefined : compileCacheFolder();
  if (caches !== undefined) enableCompileCache?.(caches);
  return require('./main.cjs');
}

/** Loads the program from wherever its parts stand. @returns what `main.ts` exports. */
export function loadFrom(store: Store): typeof import('./main.ts') {
  return load('main.cjs', store) as typeof import('./main.ts');
}

/** Loads the program as one that a code cache can be made of afterwards. Only for the build. */
export function loadToCache(): typeof import('./main.ts') {
  return loadFrom({ ...folder, cache: () => undefined });
}

/** The code cache of all that has been compiled so far, by file name, each as it stands in its file. Only for the build. */
export function codeCache(): ReadonlyMap<string, Buffer> {
  return new Map([...parts].map(([name, { script }]) => [name, twice(script.createCachedData())]));
}

/** File names of what is loaded so far, each with whether its code cache was there and taken. Only for the tests. */
export function loadedParts(): ReadonlyMap<string, boolean> {
  return new Map([...parts].map(([name, { script }]) => [name, script.cachedDataRejected === false]));
}

/** Files of the program and nothing else come this way, so that none has to be looked for. */
function load(name: string, store: Store): unknown {
  const filename = join(__dirname, name);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${store.text(name)}\n})`;
  const cachedData = store.cache(name);
  // V8 takes no cache but one of its own version, flags and source; another costs the time to compile, and nothing else.
  const script = new Script(wrapped, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} };
  parts.set(name, { script, module });
  const requirePart: Require = (id) => {
    if (!id.startsWith('./')) return require(id);
    const part = id.slice(2);
    return parts.get(part)?.module.exports ?? load(part, store);
  };
  (script.runInThisContext() as Wrapped)(module.exports, requirePart, module, filename, __dirname);
  return module.exports;
}
