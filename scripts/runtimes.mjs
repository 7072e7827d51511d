// Bun, the runtime of the executables, for each platform: from the npm registry, by its checksum, once for each machine.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './facts.mjs';

/**
 * Those for x64 are the builds that need no AVX2: they start as fast, and run on every processor.
 * @type {{ version: string, targets: Record<string, { package: string, integrity: string }> }}
 */
export const runtimes = JSON.parse(readFileSync(join(root, 'scripts', 'runtimes.json'), 'utf8'));

/** Names of the platforms there are executables for. */
export const targets = Object.keys(runtimes.targets);

/** The platform that this machine is; not one of `targets` on others. */
export const thisPlatform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

const cache = join(root, 'node_modules', '.cache', `bun-${runtimes.version}`);

/** @param {string} target @returns {string} where the runtime of a platform stands, or is to stand. */
export function runtimePath(target) {
  return join(cache, target, 'package', 'bin', target.startsWith('windows') ? 'bun.exe' : 'bun');
}

/**
 * Brings the runtime of a platform, unless it is here already.
 * @param {string} target one of `targets`.
 * @returns {string} its path.
 * @throws Error when npm cannot bring it, and when it is not the one whose checksum is known.
 */
export function fetchRuntime(target) {
  const path = runtimePath(target);
  if (existsSync(path)) return path;
  const known = runtimes.targets[target];
  if (known === undefined) throw new Error(`There is no runtime for ${target}, only for ${targets.join(', ')}.`);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'new-'));
  try {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const words = ['pack', '--silent', `${known.package}@${runtimes.version}`];
    execFileSync(npm, words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
    const [archive] = readdirSync(folder);
    if (archive === undefined) throw new Error(`npm has brought no ${known.package}.`);
    const integrity = `sha512-${createHash('sha512')
      .update(readFileSync(join(folder, archive)))
      .digest('base64')}`;
    if (integrity !== known.integrity) throw new Error(`${known.package} has the checksum ${integrity}, not ${known.integrity}.`);
    execFileSync('tar', ['-xf', archive], { cwd: folder });
    rmSync(join(folder, archive));
    rmSync(join(cache, target), { recursive: true, force: true });
    renameSync(folder, join(cache, target));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}
