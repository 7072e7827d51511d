// Bundles src/main.ts into dist: CommonJS, because Node starts it faster than ES modules; one chunk for each lazily loaded part.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { besides, lean } from './lean.mjs';
import { licencesOf } from './licences.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}

rmSync(`${root}/dist`, { recursive: true, force: true });
const { output } = await build({
  input: { main: `${root}/src/main.ts` },
  // Lazily loaded parts may import from the main file, so that what both need costs no file of its own.
  preserveEntrySignatures: 'allow-extension',
  platform: 'node',
  plugins: [lean()],
  transform: {
    define: {
      __STS_VERSION__: JSON.stringify(version),
      __STS_BUILD_DATE__: JSON.stringify(new Date().toISOString().slice(0, 10)),
      __STS_COMMIT__: JSON.stringify(commit()),
    },
  },
  output: {
    dir: `${root}/dist`,
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
          test: /src\/(errors|escape|ids|json|nearest|system|version|cli\/(flags|words)|commands\/(exit-codes|verb)|config\/(keys|table))\.ts$|fastest-levenshtein/,
        },
        {
          name: 'credentials',
          test: /src\/(dates|commands\/(legacy|nouns|(ingestion-api-key|service-token)\/(create|delivery-flags|index|rotate|shared|verify)|credentials\/(clocks|delete|expiry|flags|get|list|listing|selector))|delivery\/format)\.ts$|date-fns/,
        },
        { name: 'context', test: /src\/commands\/context\// },
        { name: 'settings', test: /src\/config\/(contexts|file|layers|select|settings|token|trust|values)\.ts$/ },
        { name: 'table', test: /src\/output\/(table|draw|width)\.ts$|credentials\/table\.ts$|get-east-asian-width/ },
      ],
    },
    sourcemap: 'hidden',
  },
  logLevel: 'warn',
});
await build({
  input: `${root}/src/load.ts`,
  platform: 'node',
  external: ['./main.cjs'],
  output: { file: `${root}/dist/load.cjs`, format: 'cjs', minify: true },
  logLevel: 'warn',
});
for (const [name, source] of Object.entries(besides)) copyFileSync(source, `${root}/dist/${name}`);
const bundled = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
writeFileSync(`${root}/dist/LICENCES.txt`, licencesOf([...bundled, ...Object.values(besides)]));
for (const file of output) {
  if (file.type === 'asset' && file.fileName.endsWith('.map')) writeOwnSources(`${root}/dist/${file.fileName}`);
}
execFileSync(process.execPath, [`${root}/scripts/code-cache.mjs`, `${root}/dist`], { stdio: 'inherit' });

/** Leaves the text of our own sources in a source map: those of packages are to be had from the packages. */
function writeOwnSources(path) {
  const map = JSON.parse(readFileSync(path, 'utf8'));
  map.sourcesContent = map.sources.map((source, index) => (source.includes('node_modules') ? null : map.sourcesContent[index]));
  writeFileSync(path, JSON.stringify(map));
}
