// What the build writes into the program about itself.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The top folder of the repository, with a separator at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {{ name: string, version: string, license: string }} what the package says of itself. */
export function manifest() {
  return JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
}

/** @returns {string} the commit that is built, seven digits; `unknown` outside of a repository. */
export function commit() {
  return git('rev-parse', '--short=7', 'HEAD') ?? 'unknown';
}

/**
 * When the program counts as built: the same sources give the same program, whenever they are built.
 * @returns {Date} the time in `SOURCE_DATE_EPOCH` (seconds), else that of the commit, else now.
 */
export function buildTime() {
  const seconds = process.env['SOURCE_DATE_EPOCH'] || git('log', '-1', '--format=%ct');
  if (seconds === undefined) return new Date();
  const time = new Date(Number(seconds) * 1000);
  if (Number.isNaN(time.getTime())) throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(seconds)}, not a number of seconds.`);
  return time;
}

/**
 * @param {...string} words
 * @returns {string | undefined} what git prints.
 */
function git(...words) {
  try {
    return execFileSync('git', words, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
