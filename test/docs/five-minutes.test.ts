import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { environmentFor } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';
import { blocksOf, root } from './pages.ts';
import { startSandbox } from './sandbox.ts';

// "In five minutes" of the README is pasted into a shell, as a newcomer does it: against the sandbox, by the built program.

const [, section = ''] = /^## In five minutes\n(.*?)^## /ms.exec(readFileSync('README.md', 'utf8')) ?? [];
const [start, paste, screen] = blocksOf(section);

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
