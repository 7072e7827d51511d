import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { environmentFor } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';
import { blocksOf, root } from './pages.ts';

// "In five minutes" of the README is pasted into a shell, as a newcomer does it: against the sandbox, by the built program.

const [, section = ''] = /^## In five minutes\n(.*?)^## /ms.exec(readFileSync('README.md', 'utf8')) ?? [];
const [start, paste, screen] = blocksOf(section);

/** Starts the sandbox as its script does; gives its URL. */
async function startSandbox(): Promise<string> {
  const child = spawn(process.execPath, ['scripts/run-ts.mjs', 'test/stackstate/sandbox.ts'], { cwd: root });
  onTestFinished(() => void child.kill('SIGTERM'));
  let output = '';
  return new Promise((resolve, reject) => {
    // It ends when nobody reads on.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [, url] = /^export STS_CLI_URL=(\S+)$/m.exec(output) ?? [];
      if (url !== undefined && output.includes('Ctrl-C')) resolve(url);
    });
    child.once('close', () => reject(new Error(`The sandbox has not started:\n${output}`)));
  });
}

test('all of it can be pasted, and what the last list shows is what the README shows', async () => {
  expect(start?.text).toBe('npm run sandbox -- --port 8080\n');
  const url = await startSandbox();
  const script = (paste?.text ?? '').replace('http://127.0.0.1:8080', url).replaceAll('$PWD', root);
  expect(script).toContain(url);

  const run = await promisify(execFile)('bash', ['-c', `shopt -s expand_aliases\nset -euo pipefail\n${script}`], {
    cwd: tempFolder(),
    env: environmentFor({}),
  });

  expect(run.stderr).toBe('');
  expect(run.stdout).toContain('[SUCCESS] Ingestion API Key is valid\n');
  // The dates are those of the day on which the screen was taken.
  const undated = (text: string) => text.replaceAll(/\d{4}-\d{2}-\d{2}/g, 'yyyy-MM-dd');
  expect(undated(run.stdout)).toContain(undated(screen?.text ?? 'no screen'));
}, 60_000);
