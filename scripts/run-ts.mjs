// Runs a TypeScript program of the test folder: bundled in memory's place, because the oldest supported Node does not strip types.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const [entry, ...args] = process.argv.slice(2);
// Inside node_modules, so that external packages resolve from there.
const folder = mkdtempSync(join(root, 'node_modules', '.run-'));
const file = join(folder, 'program.mjs');
await build({
  input: join(root, entry),
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  output: { file, format: 'esm', codeSplitting: false },
  logLevel: 'silent',
});
const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? (signal === 'SIGINT' ? 130 : 143));
});
