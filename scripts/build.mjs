// Bundles src/main.ts into dist: CommonJS, because Node starts it faster than ES modules; one chunk for each lazily loaded part.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';
import { buildTime, commit, manifest, root } from './facts.mjs';
import { besides, lean } from './lean.mjs';
import { licencesOf } from './licences.mjs';
import { reachOf } from './reach.mjs';

const dist = `${root}dist`;

rmSync(dist, { recursive: true, force: true });
/** What every command loads. */
const common = reachOf(`${root}src/main.ts`);

/**
 * A test for the modules that are loaded together with some of ours; a group in front of it in the list has the first choice.
 * @param {RegExp} others more of them.
 * @param {readonly string[]} entries paths below src.
 * @returns {(id: string) => boolean}
 */
function withModule(others, ...entries) {
  const reached = reachOf(...entries.map((path) => `${root}src/${path}`));
  return (id) => others.test(id) || (reached.has(id) && !common.has(id));
}

const { output } = await build({
  input: { main: `${root}src/main.ts` },
  // Lazily loaded parts may import from the main file, so that what both need costs no file of its own.
  preserveEntrySignatures: 'allow-extension',
  platform: 'node',
  plugins: [lean()],
  transform: {
    define: {
      __STS_VERSION__: JSON.stringify(manifest().version),
      __STS_BUILD_DATE__: JSON.stringify(buildTime().toISOString().slice(0, 10)),
      __STS_COMMIT__: JSON.stringify(commit()),
    },
  },
  output: {
    dir: dist,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    // Node's own modules as well: its loader of ES modules takes milliseconds to start.
    dynamicImportInCjs: false,
    minify: true,
    // What is used together is one file: to find and open a file costs about as much as to read all of it.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          name: 'ground',
          test: /src\/(errors|escape|ids|json|nearest|system|version|cli\/(flags|words)|commands\/(exit-codes|sources|verb)|config\/(keys|table))\.ts$|fastest-levenshtein/,
        },
        {
          name: 'credentials',
          test: withModule(
            /date-fns/,
            'commands/ingestion-api-key/index.ts',
            'commands/service-token/index.ts',
            'commands/held-to-its-end.ts',
          ),
        },
        { name: 'context', test: withModule(/^$/, 'commands/context/index.ts') },
        {
          name: 'client',
          test: withModule(
            /src\/commands\/credentials\/(clocks|expiry|get-run|list-run|listing)\.ts$|lossless-json/,
            'api/client.ts',
          ),
        },
        {
          name: 'protocol',
          test: withModule(
            /src\/(kinds\/(ingestion-api-key|service-token)|destinations\/stdout)\.ts$/,
            ...['create', 'destination', 'run', 'report', 'rotate-run', 'renew-run', 'migrate-run'].map(
              (name) => `commands/credentials/${name}.ts`,
            ),
            ...['create', 'renew', 'rotate', 'superseded', 'settled'].map((name) => `credentials/${name}.ts`),
          ),
        },
        { name: 'removal', test: /src\/commands\/credentials\/(deletion|missing|removal|selection)\.ts$/ },
        {
          name: 'settings',
          test: /src\/config\/(contexts|environment|file|layers|missing|read|resolve|select|settings|token|trust|url|values)\.ts$|src\/platform\/(disk|node-disk)\.ts$|src\/reason\.ts$/,
        },
        { name: 'table', test: /src\/output\/(table|cell|draw|width)\.ts$|credentials\/table\.ts$|get-east-asian-width/ },
      ],
    },
    sourcemap: 'hidden',
  },
  logLevel: 'warn',
});
await build({
  input: `${root}src/load.ts`,
  platform: 'node',
  external: ['./main.cjs'],
  output: { file: `${dist}/load.cjs`, format: 'cjs', minify: true },
  logLevel: 'warn',
});
for (const [name, source] of Object.entries(besides)) copyFileSync(source, `${dist}/${name}`);
const bundled = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
writeFileSync(`${dist}/LICENCES.txt`, licencesOf([...bundled, ...Object.values(besides)]));
for (const file of output) {
  if (file.type === 'asset' && file.fileName.endsWith('.map')) writeOwnSources(`${dist}/${file.fileName}`);
}
execFileSync(process.execPath, [`${root}scripts/code-cache.mjs`, dist], { stdio: 'inherit' });

/** Leaves the text of our own sources in a source map: those of packages are to be had from the packages. @param {string} path */
function writeOwnSources(path) {
  /** @type {{ sources: string[], sourcesContent: (string | null)[] }} */
  const map = JSON.parse(readFileSync(path, 'utf8'));
  map.sourcesContent = map.sources.map((source, index) =>
    source.includes('node_modules') ? null : (map.sourcesContent[index] ?? null),
  );
  writeFileSync(path, JSON.stringify(map));
}
