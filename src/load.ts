// Loads the parts of the built program, called from bin/sts.js. When the program runs from its sources, this module is not used.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { compileCacheFolder } from './load/compile-cache.ts';
import { once, twice } from './load/twice.ts';

type Require = (id: string) => unknown;
type Wrapped = (exports: unknown, require: Require, module: unknown, filename: string, dirname: string) => void;

/** A place that holds the parts of the program. */
export interface Store {
  /** The JavaScript of a part. @param name its file name in `dist`. */
  text(name: string): string;
  /** The code cache of a part; undefined if there is none for this version of Node. */
  cache(name: string): Buffer | undefined;
}

interface Part {
  readonly script: Script;
  readonly module: { readonly exports: unknown };
}

const { arch, platform, version } = process;

/** The parts that are loaded so far, by file name. */
const parts = new Map<string, Part>();

/** The code cache for this version of Node, platform and architecture. The build makes it only for the Node on which it runs. */
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
 * Loads the program from its folder. The code cache holds the functions as V8 compiled them, and saves a third of the loading time. Without
 * one for this Node, Node loads the program like any other, with its own compile cache if it has one.
 * @returns the exports of `main.ts`.
 */
export function loadProgram(): typeof import('./main.ts') {
  if (existsSync(cacheFolder)) return loadFrom(folder);
  // Node has this function from 22.1 on.
  const { enableCompileCache } = require('node:module') as { readonly enableCompileCache?: (folder: string) => unknown };
  const caches = enableCompileCache === undefined ? undefined : compileCacheFolder();
  if (caches !== undefined) enableCompileCache?.(caches);
  return require('./main.cjs');
}

/** Loads the program from a store. @returns the exports of `main.ts`. */
export function loadFrom(store: Store): typeof import('./main.ts') {
  return load('main.cjs', store) as typeof import('./main.ts');
}

/** Loads the program without a code cache, so that one can be made from it. Only for the build. */
export function loadToCache(): typeof import('./main.ts') {
  return loadFrom({ ...folder, cache: () => undefined });
}

/** The contents of the code cache files for everything that has been compiled so far, by file name. Only for the build. */
export function codeCache(): ReadonlyMap<string, Buffer> {
  return new Map([...parts].map(([name, { script }]) => [name, twice(script.createCachedData())]));
}

/** The file names of the loaded parts, each with whether V8 used its code cache. Only for the tests. */
export function loadedParts(): ReadonlyMap<string, boolean> {
  return new Map([...parts].map(([name, { script }]) => [name, script.cachedDataRejected === false]));
}

/** Loads one part. Only files of the program are loaded this way, so their paths are known without a search. */
function load(name: string, store: Store): unknown {
  const filename = join(__dirname, name);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${store.text(name)}\n})`;
  const cachedData = store.cache(name);
  // V8 rejects a cache that was made with another version, other flags or another source. Then it compiles the source as usual.
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
