import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempFolder } from '../support/temp.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the demo shows every step with the built program, ends 0 and leaves nothing behind', async () => {
  const [home, temporary] = [tempFolder(), tempFolder()];
  const child = spawn(process.execPath, ['scripts/run-ts.mjs', 'test/stackstate/demo.ts'], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));

  expect({ code, stderr: output.stderr }).toEqual({ code: 0, stderr: '' });
  const steps = [
    'context save',
    'ingestion-api-key create',
    'ingestion-api-key list',
    '-> 200',
    'ingestion-api-key delete',
    '-> 401',
  ];
  const places = steps.map((step) => output.stdout.indexOf(step));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(output.stdout.match(/\[SUCCESS\]/g)?.length).toBeGreaterThanOrEqual(3);
  expect(readdirSync(home)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});
