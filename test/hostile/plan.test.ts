import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { against, jsonOf, runSts, startForTest, tempFolder } from '../support/run.ts';

async function startPlan(text: (folder: string) => string) {
  const server = await startForTest();
  const folder = tempFolder();
  const path = join(folder, 'plan.yaml');
  writeFileSync(path, text(folder));
  const renew = (...flags: string[]) => runSts(['ingestion-api-key', 'renew', '--plan', path, ...flags, ...against(server)]);
  return { server, folder, path, renew };
}

const one = (folder: string) => `renewals:\n  - name: ci\n    key-file: ${folder}/k\n`;

test.each([['--delete-old'], ['--key-file', 'elsewhere'], ['--renew-before', '3d'], ['--no-verify'], ['--name', 'ci']])(
  'beside a plan %s is refused, and not ignored',
  async (flag, ...value) => {
    const { server, folder, renew } = await startPlan(one);

    const { code, stdout, stderr } = await renew(flag, ...value);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(flag);
    expect(server.requests).toEqual([]);
    expect(existsSync(join(folder, 'k'))).toBe(false);
  },
);

test('a dry run counts what would be renewed, and not as up to date', async () => {
  const { server, renew } = await startPlan(one);

  const text = await renew('--dry-run');
  const json = await renew('--dry-run', '-o', 'json');

  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toContain('1 key in the plan: 1 would be renewed, 0 up to date, 0 failed.\n');
  expect(jsonOf(json.stdout)).toMatchObject({ summary: { 'would-renew': 1, 'up-to-date': 0, renewed: 0, failed: 0 } });
  expect(server.keys()).toEqual([]);
});

test.each([
  ['key-file: ./same', 'key-file: same'],
  ['kubernetes-secret: a/b', 'kubernetes-secret: a/b'],
])('two renewals that write to one place (%s, %s) are refused before anything is done', async (first, second) => {
  const { server, path, renew } = await startPlan(() => `renewals:\n  - name: a\n    ${first}\n  - name: b\n    ${second}\n`);

  const { code, stderr } = await renew();

  expect(code).toBe(3);
  expect(stderr).toContain(`${path}:4: the renewal of line 2 writes to the same place.`);
  expect(server.requests).toEqual([]);
});
