// Packages of the npm registry that carry a program for a platform, brought once for each machine and by nothing but the scripts that need them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './facts.mjs';

/**
 * @param {string} name
 * @param {string} version
 * @returns {string} the folder where the files of a package stand, or are to stand.
 */
export function packageFolder(name, version) {
  return join(root, 'node_modules', '.cache', 'packages', `${name.replace('/', '+')}-${version}`, 'package');
}

/**
 * Brings a package, unless it is here already. Nothing of it is run.
 * @param {string} name
 * @param {string} version one version, not a range.
 * @param {string} [integrity] the checksum of its archive, `sha512-...`; without one, what npm checks is enough.
 * @returns {string} the folder where its files stand.
 * @throws Error when npm cannot bring it, and when it has another checksum.
 */
export function fetchPackage(name, version, integrity) {
  const target = packageFolder(name, version);
  if (existsSync(target)) return target;
  const cache = dirname(dirname(target));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'new-'));
  try {
    npm(['pack', '--silent', `${name}@${version}`], folder);
    const [archive] = readdirSync(folder);
    if (archive === undefined) throw new Error(`npm has brought no ${name} ${version}.`);
    const found = `sha512-${createHash('sha512')
      .update(readFileSync(join(folder, archive)))
      .digest('base64')}`;
    if (integrity !== undefined && found !== integrity)
      throw new Error(`${name} ${version} has the checksum ${found}, not ${integrity}.`);
    execFileSync('tar', ['-xf', archive], { cwd: folder });
    rmSync(join(folder, archive));
    renameSync(folder, dirname(target));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return target;
}

/**
 * @param {readonly string[]} words
 * @param {string} folder to run it in.
 * @returns {string} what npm prints.
 */
export function npm(words, folder) {
  const windows = process.platform === 'win32';
  return execFileSync(windows ? 'npm.cmd' : 'npm', words, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: windows,
  });
}
