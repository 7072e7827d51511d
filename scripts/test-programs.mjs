// Runs the tests of the built program (test/e2e) against executables and on other versions of Node than the one at hand.
// Usage: node scripts/test-programs.mjs [--full] [PATH]...; each PATH is an executable, which gets all the tests. Of the versions of
// Node only the newest does, unless there is `--full`; the others get a choice of them. What tells most comes first.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './facts.mjs';
import { fetchPackage } from './packages.mjs';

/** The oldest Node that the program runs on, and the newest of each line with long-term support since. */
const versions = ['20.18.1', '22.23.3', '24.21.0', '26.10.0'];
const smoke = ['help', 'network', 'pipes', 'scripts', 'signals', 'terminal'];

/** @typedef {{ name: string, passed: number, failed: number, skipped: number, ok: boolean }} Counts */

const { values, positionals } = parseArgs({ options: { full: { type: 'boolean', default: false } }, allowPositionals: true });
const rows = positionals.map((program) => run(program, [], { STS_BIN: program }));
for (const version of versions) rows.push(onNode(version, values.full || version === versions.at(-1)));
process.stdout.write('\nTests of the built program\n');
for (const { name, passed, failed, skipped } of rows)
  process.stdout.write(`${name.padEnd(32)} ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ what) => rows.reduce((total, row) => total + row[what], 0);
process.stdout.write(`\ntotal: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;

/** @param {string} version @param {boolean} full @returns {Counts} */
function onNode(version, full) {
  const windows = process.platform === 'win32';
  const folder = fetchPackage(`node-${windows ? 'win' : process.platform}-${process.arch}`, version);
  const node = join(folder, 'bin', windows ? 'node.exe' : 'node');
  return run(`Node ${version}${full ? '' : ', some'}`, full ? [] : smoke, { STS_NODE: node });
}

/**
 * @param {string} name
 * @param {readonly string[]} tests names of the test files; none for all.
 * @param {Readonly<Record<string, string>>} env says what is tested.
 * @returns {Counts}
 */
function run(name, tests, env) {
  process.stdout.write(`\n${name}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'sts-counts-'));
  try {
    const report = join(folder, 'report.json');
    const files = tests.length === 0 ? ['test/e2e'] : tests.map((test) => `test/e2e/${test}.test.ts`);
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const words = [vitest, 'run', ...files, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = spawnSync(process.execPath, words, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    const [passed, failed, skipped] = [counts.numPassedTests, counts.numFailedTests, counts.numPendingTests];
    return { name, passed, failed, skipped, ok: status === 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
