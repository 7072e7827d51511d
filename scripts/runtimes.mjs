// Bun, the runtime of the executables, for each platform.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './facts.mjs';
import { fetchPackage, packageFolder } from './packages.mjs';

/**
 * Those for x64 are the builds that need no AVX2: they start as fast, and run on every processor.
 * @type {{ version: string, targets: Record<string, { package: string, integrity: string }> }}
 */
export const runtimes = JSON.parse(readFileSync(join(root, 'scripts', 'runtimes.json'), 'utf8'));

/** Names of the platforms there are executables for. */
export const targets = Object.keys(runtimes.targets);

/** The platform that this machine is; on some machines not one of `targets`. */
export const thisPlatform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/** @param {string} target one of `targets`. @returns {string} where the runtime of a platform stands, or is to stand. */
export function runtimePath(target) {
  return join(packageFolder(runtimeOf(target).package, runtimes.version), 'bin', programOf(target));
}

/**
 * Brings the runtime of a platform, unless it is here already.
 * @param {string} target one of `targets`.
 * @returns {string} its path.
 * @throws Error when npm cannot bring it, and when it is not the one whose checksum is known.
 */
export function fetchRuntime(target) {
  const { package: name, integrity } = runtimeOf(target);
  return join(fetchPackage(name, runtimes.version, integrity), 'bin', programOf(target));
}

/** @param {string} target */
export function runtimeOf(target) {
  const runtime = runtimes.targets[target];
  if (runtime === undefined) throw new Error(`There is no runtime for ${target}, only for ${targets.join(', ')}.`);
  return runtime;
}

/** @param {string} target */
function programOf(target) {
  return target.startsWith('windows') ? 'bun.exe' : 'bun';
}
