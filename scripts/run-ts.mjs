// Runs a TypeScript program of the test folder. It is bundled first, because the oldest supported Node does not strip types.
// Usage: node scripts/run-ts.mjs FILE [ARGUMENT...]; ends as the program ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write('Usage: node scripts/run-ts.mjs FILE [ARGUMENT...]\n');
  process.exit(3);
}
/** @type {Record<string, number>} */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
/** @type {import('node:child_process').ChildProcess | undefined} */
let child;
for (const signal of Object.keys(exitCodes)) {
  process.on(signal, () => {
    if (child === undefined) process.exit(exitCodes[signal]);
    child.kill(/** @type {NodeJS.Signals} */ (signal));
  });
}
// Inside node_modules, so that external packages resolve from there.
const folder = mkdtempSync(join(root, 'node_modules', '.run-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'program.mjs');
await build({
  input: join(root, entry),
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  output: { file, format: 'esm', codeSplitting: false },
  logLevel: 'silent',
});
// Node 26 warns when msw asks whether there is a localStorage.
child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], { cwd: root, stdio: 'inherit' });
child.on('exit', (code, signal) => process.exit(code ?? exitCodes[signal ?? ''] ?? 1));
