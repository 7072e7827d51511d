// Makes the built program one file that needs no Node on the machine: a copy of the Node that runs this, with the parts of `dist` inside.
// Usage: node scripts/executable.mjs [FOLDER]; writes FOLDER/sts and FOLDER/LICENCES.txt, FOLDER is `executable` by default.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const target = resolve(process.argv[2] ?? join(root, 'executable'));
// Others want their executables signed, or laid out in another way: nobody has tried.
if (process.platform !== 'linux') throw new Error(`Executables are made on Linux only, not on ${process.platform}.`);

const folder = mkdtempSync(join(tmpdir(), 'sts-executable-'));
try {
  const [main, blob, config] = ['main.cjs', 'blob', 'config.json'].map((name) => join(folder, name));
  await build({
    input: join(root, 'src', 'executable.ts'),
    platform: 'node',
    external: ['./main.cjs'],
    output: { file: main, format: 'cjs', minify: true },
    logLevel: 'warn',
  });
  const cache = join(dist, 'code-cache', `${process.version}-${process.platform}-${process.arch}`);
  const assets = {
    ...Object.fromEntries(partsIn(dist).map((name) => [name, join(dist, name)])),
    ...Object.fromEntries(partsIn(cache).map((name) => [`code-cache/${name}`, join(cache, name)])),
  };
  writeFileSync(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, assets }));
  node('--experimental-sea-config', config);
  mkdirSync(target, { recursive: true });
  const executable = join(target, 'sts');
  rmSync(executable, { force: true });
  copyFileSync(process.execPath, executable);
  chmodSync(executable, 0o755);
  // The name and the fuse are what Node looks for in itself.
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
  node(join(root, 'node_modules', 'postject', 'dist', 'cli.js'), executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse);
  const runtime = `\n${'-'.repeat(80)}\n\nNode.js ${process.version}: https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
  writeFileSync(join(target, 'LICENCES.txt'), readFileSync(join(dist, 'LICENCES.txt'), 'utf8') + runtime);
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs Node. What it says is shown only when it fails. */
function node(...words) {
  execFileSync(process.execPath, words, { stdio: 'pipe' });
}

function partsIn(path) {
  return readdirSync(path).filter((name) => name.endsWith('.cjs') && name !== 'load.cjs');
}
