// Makes the built program one file that needs nothing else on the machine: Bun with the program inside, for one platform or all.
// Usage: node scripts/executables.mjs [--target linux-x64]... [--out FOLDER]; FOLDER is `executable` by default.
// With `--only-fetch` it brings what that takes from the npm registry, and ends.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'rolldown';
import { root } from './facts.mjs';
import { packagesIn, runtimeLicence } from './licences.mjs';
import { fetchRuntime, targets, thisPlatform } from './runtimes.mjs';
import { sbomOf } from './sbom.mjs';

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: targets },
    out: { type: 'string', default: join(root, 'executable') },
    'only-fetch': { type: 'boolean', default: false },
  },
});
const unknown = values.target.find((target) => !targets.includes(target));
if (unknown !== undefined) throw new Error(`There is no executable for ${unknown}, only for ${targets.join(', ')}.`);

const dist = join(root, 'dist');
const out = resolve(values.out);
const bun = fetchRuntime(thisPlatform);
const fetched = values.target.map(fetchRuntime);
if (values['only-fetch']) process.exit();

const folder = mkdtempSync(join(tmpdir(), 'sts-executable-'));
try {
  for (const name of readdirSync(dist)) if (name.endsWith('.cjs')) copyFileSync(join(dist, name), join(folder, name));
  await build({
    input: join(root, 'src', 'executable.ts'),
    platform: 'node',
    external: ['./main.cjs'],
    output: { file: join(folder, 'sts.cjs'), format: 'cjs', minify: true },
    logLevel: 'warn',
  });
  for (const [index, target] of values.target.entries()) writeExecutable(target, fetched[index] ?? '');
} finally {
  rmSync(folder, { recursive: true });
}
writeChecksums();

/** Writes the files of one platform. @param {string} target @param {string} runtime */
function writeExecutable(target, runtime) {
  const name = target.startsWith('windows') ? 'sts.exe' : 'sts';
  compile(target, runtime, name);
  const files = join(out, target);
  mkdirSync(files, { recursive: true });
  // Renamed: the one that is there may be running.
  copyFileSync(join(folder, name), join(files, `${name}.new`));
  renameSync(join(files, `${name}.new`), join(files, name));
  writeFileSync(join(files, 'LICENCES.txt'), readFileSync(join(dist, 'LICENCES.txt'), 'utf8') + runtimeLicence());
  writeFileSync(join(files, 'sbom.cdx.json'), sbomOf(target, packagesIn(dist)));
  process.stdout.write(`${join(files, name)}\n`);
}

/**
 * Only names relative to the folder are given, and the program is laid out by nothing but its text: the same bytes each time.
 * @param {string} target
 * @param {string} runtime
 * @param {string} name
 */
function compile(target, runtime, name) {
  const words = [
    'build',
    'sts.cjs',
    '--compile',
    `--outfile=${name}`,
    `--target=bun-${target}`,
    `--compile-executable-path=${runtime}`,
    '--format=cjs',
    '--bytecode',
    '--minify',
    // A short run ends before compiled code is worth its while.
    '--compile-jit-policy=16',
    // Else a file in the working folder sets variables of the program, or options of its runtime.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-tsconfig',
    '--no-compile-autoload-package-json',
  ];
  execFileSync(bun, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The checksums of all that is there, as `sha256sum --check` reads them. */
function writeChecksums() {
  const files = targets.flatMap((target) => {
    try {
      return readdirSync(join(out, target)).map((name) => `${target}/${name}`);
    } catch {
      return [];
    }
  });
  const lines = files.map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex')}  ${file}\n`,
  );
  writeFileSync(join(out, 'SHA256SUMS'), lines.join(''));
  process.stdout.write(`${join(basename(out), 'SHA256SUMS')}\n`);
}
