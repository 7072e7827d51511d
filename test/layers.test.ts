import { readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf, modulesBelow, processUses } from './support/imports.ts';

// The layers of ARCHITECTURE.md. One import is enough to break one of them, and nothing else would notice.

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');

/** Modules directly below `src` that have no rule of their own: they import nothing but each other. */
const ground = 'ground';

/**
 * The layers of `src`, from the top, and whose values each may import besides its own and the ground. Types cost nothing at run time
 * and couple no behaviour: they may come from anywhere but where `typesNeverFrom` says.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  executable: ['load', 'main'],
  load: ['main'],
  main: ['cli', 'output', 'platform'],
  cli: ['commands', 'api', 'config', 'output'],
  commands: ['kinds', 'destinations', 'credentials', 'kubernetes', 'config', 'documents', 'output', 'platform'],
  // The two layers that implement the ports of `credentials`. A kind knows no destination, a destination no kind.
  kinds: [],
  destinations: ['credentials', 'documents', 'kubernetes', 'platform'],
  // The protocol: it knows its ports and nothing that implements them.
  credentials: [],
  api: ['http'],
  kubernetes: ['http'],
  http: [],
  config: ['platform'],
  // Pure functions over text.
  documents: [],
  output: [],
  platform: [],
  ground: [],
};

const top = ['executable', 'load', 'main', 'cli', 'commands'];

/** Layers that are not even known by their types. */
const typesNeverFrom: Readonly<Record<string, readonly string[]>> = {
  commands: ['executable', 'load', 'main', 'cli'],
  kinds: [...top, 'destinations', 'kubernetes', 'documents', 'http', 'config', 'output'],
  destinations: [...top, 'kinds', 'api', 'http', 'config', 'output'],
  credentials: [...top, 'kinds', 'destinations', 'api', 'http', 'kubernetes', 'config', 'documents', 'output', 'platform'],
  api: [...top, 'kinds', 'destinations', 'credentials', 'documents', 'kubernetes', 'output'],
  kubernetes: [...top, 'kinds', 'destinations', 'credentials', 'documents', 'api', 'config', 'output'],
  http: [...top, 'kinds', 'destinations', 'credentials', 'documents', 'api', 'kubernetes', 'config', 'output'],
  config: [...top, 'kinds', 'destinations', 'credentials', 'documents', 'api', 'http', 'kubernetes', 'output'],
  documents: [...top, 'kinds', 'destinations', 'credentials', 'api', 'http', 'kubernetes', 'config', 'output', 'platform'],
  output: [...top, 'kinds', 'destinations', 'credentials', 'api', 'http', 'kubernetes', 'config', 'documents'],
  platform: [...top, 'kinds', 'destinations', 'credentials', 'api', 'http', 'kubernetes', 'config', 'documents', 'output'],
  ground: [...top, 'kinds', 'destinations', 'credentials', 'api', 'http', 'kubernetes', 'config', 'documents', 'output'],
};

/** Types that one layer uses of a neighbour today. What is not listed here is seen, and so is what is listed in vain. */
const typesOfNeighbours = [
  // A client is made of settings, and says how the kind of token it was given is refused.
  'api -> config',
];

/** Who may use `process`, besides the layers below; each with the reason. */
const processExceptions = [
  // The version of V8, a constant of the Node that runs, decides on a workaround; there is nothing to fake in a test.
  'src/http/undici.ts process.versions',
  // What runs the program is a constant too, and part of its version.
  'src/version.ts process.versions',
];

const holdsProcess = ['load', 'main', 'platform'];

interface Step {
  /** `src/api/client.ts -> src/config/model.ts` */
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const modules = modulesBelow(source);

/** Imports that lead from one layer of `src` to another, or out of it. */
const steps = modules.flatMap((path) =>
  importsOf(readFileSync(path, 'utf8')).flatMap(({ specifier, typeOnly }): Step[] => {
    if (specifier === undefined || !/^(?:[./]|file:)/.test(specifier)) return [];
    const target = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(path, '..', specifier);
    const [from, to] = [layerOf(path), layerOf(target)];
    return from === to ? [] : [{ what: `${relative(root, path)} -> ${relative(root, target)}`, from, to, typeOnly }];
  }),
);

test('every folder of src is a layer, and the layers are known by their imports', () => {
  expect([...new Set(modules.map(layerOf))].sort()).toEqual(Object.keys(mayImport).sort());
  // Were the imports not found, all the rest would hold for nothing.
  const values = steps.filter(({ typeOnly }) => !typeOnly).map(({ from, to }) => `${from} -> ${to}`);
  const known = ['main -> cli', 'cli -> commands', 'commands -> credentials', 'destinations -> credentials', 'cli -> api'];
  expect(values).toEqual(expect.arrayContaining([...known, 'api -> http']));
});

test('nothing in src imports what lies outside of it, the tests above all', () => {
  expect(whatOf(steps.filter(({ to }) => !(to in mayImport)))).toEqual([]);
});

test('no layer imports a value of a layer above or beside its own', () => {
  const wrong = steps.filter(
    ({ from, to, typeOnly }) => !typeOnly && to in mayImport && to !== ground && !mayImport[from]?.includes(to),
  );
  expect(whatOf(wrong)).toEqual([]);
});

test('below the commands, layers above are not even known by their types', () => {
  expect(whatOf(steps.filter(({ from, to }) => typesNeverFrom[from]?.includes(to)))).toEqual([]);
});

test('neighbours know each other by a few types at most', () => {
  const neighbours = ['api', 'config', 'delivery', 'kubernetes', 'output'];
  const between = steps.filter(({ from, to }) => neighbours.includes(from) && neighbours.includes(to));
  expect(whatOf(between.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  expect([...new Set(between.map(({ from, to }) => `${from} -> ${to}`))].sort()).toEqual(typesOfNeighbours);
});

test('an import that cannot be read from the text stands nowhere but in the loader', () => {
  const unreadable = modules.filter((path) =>
    importsOf(readFileSync(path, 'utf8')).some(({ specifier }) => specifier === undefined),
  );
  expect(unreadable.map(layerOf)).toEqual(['load']);
});

test('only the outermost layers touch the process: no other one ends it, reads its environment or writes to its streams', () => {
  const uses = modules
    .filter((path) => !holdsProcess.includes(layerOf(path)))
    .flatMap((path) => processUses(readFileSync(path, 'utf8')).map((use) => `${relative(root, path)} ${use}`));
  expect([...new Set(uses)]).toEqual(processExceptions);
  expect(
    modules.filter((path) => holdsProcess.includes(layerOf(path))).flatMap((path) => processUses(readFileSync(path, 'utf8'))),
  ).toEqual(expect.arrayContaining(['process.exit', 'process.env', 'process.stdout', 'process.stderr', 'process.argv']));
});

test.each([
  ["import { a } from '../src/a.ts';", false],
  ['import {\n  a,\n  b,\n} from "../src/a.ts";', false],
  ["import { type A } from '../src/a.ts';", false],
  ["import type { A } from '../src/a.ts';", true],
  ["import '../src/a.ts';", false],
  ["import a = require('../src/a.ts');", false],
  ["import type a = require('../src/a.ts');", true],
  ["export * from '../src/a.ts';", false],
  ["export { a } from '../src/a.ts';", false],
  ["export type { A } from '../src/a.ts';", true],
  ['const a = await import(`../src/a.ts`);', false],
  ["const a = import(\n  /* why */ '../src/a.ts'\n);", false],
  ["let a: typeof import('../src/a.ts');", true],
  ["const a = require('../src/a.ts');", false],
  ["const a = require.resolve('../src/a.ts');", false],
  ["const a = import.meta.resolve('../src/a.ts');", false],
])('an import is seen in %j', (text, typeOnly) => {
  expect(importsOf(text)).toEqual([{ specifier: '../src/a.ts', typeOnly }]);
});

test.each([
  '// import "../src/a.ts"',
  'const a = "import \'../src/a.ts\'";',
  'export const a = 1;',
  'export { a }; const a = 1;',
])('no import is seen in %j', (text) => expect(importsOf(text)).toEqual([]));

test.each(["const a = import(b + '.ts');", 'const a = require(b);', 'const a = import(`./$' + '{b}.ts`);'])(
  'an import made at run time is seen in %j',
  (text) => expect(importsOf(text)).toEqual([{ specifier: undefined, typeOnly: false }]),
);

test.each([
  ['process.exit(1);', 'process.exit'],
  ["a(process['env']);", 'process.env'],
  ['process?.stdout.write(a);', 'process.stdout'],
  ['const { argv } = process;', 'process'],
  ['globalThis.process.exit(1);', 'process'],
  ["import { exit } from 'node:process';", 'process'],
])('a use of the process is seen in %j', (text, use) => {
  expect(processUses(text)).toContain(use);
});

test('a word in a comment or a string is no use of the process', () => {
  expect(processUses("// process.exit\nconst a = 'process.env'; /* process.argv */")).toEqual([]);
});

/** The folder of `src` that a module stands in, else the rule it has of its own, else the ground; a path for what lies elsewhere. */
function layerOf(path: string): string {
  const inside = relative(source, path);
  if (inside.startsWith('..')) return relative(root, path);
  const [first = '', ...rest] = inside.split(sep);
  // The loader names the built modules, `main.cjs`; `commands.ts` would be of the layer `commands`.
  const name = first.replace(/\.(?:ts|cjs)$/, '');
  return rest.length > 0 || name in mayImport ? name : ground;
}

function whatOf(found: readonly Step[]): string[] {
  return found.map(({ what, typeOnly }) => (typeOnly ? `${what} (type)` : what)).sort();
}
