import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokens } from '../stackstate/server.ts';
import { runBuilt } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';
import { startSandbox } from './sandbox.ts';

// The commands of docs/migration.md for a file, as they stand there, against the sandbox by the built program.

const page = readFileSync('docs/migration.md', 'utf8');
const [, forFile = ''] = /For a file: `sts (.+)`\./.exec(page) ?? [];
const [, afterUpgrade = ''] = /^sts (service-token renew .*?)(?: \\)?$/m.exec(page) ?? [];

test('a key in a file is migrated, and after the upgrade a token is renewed into its place', async () => {
  expect(forFile).toContain('migrate --name ci --key-file ./ingestion.key');
  expect(afterUpgrade).toContain('--name otel --roles');
  const cwd = tempFolder();
  const held = () => readFileSync(join(cwd, 'ingestion.key'), 'utf8').trim();
  const on = (url: string) => (argv: readonly string[]) =>
    runBuilt(argv, { cwd, env: { STS_CLI_URL: url, STS_CLI_API_TOKEN: tokens.api } });

  const before = on(await startSandbox());
  await before(['ingestion-api-key', 'create', '--name', 'ci', '--key-file', './ingestion.key']);
  const key = held();
  // Who waits for ten minutes in a test?
  const migrated = await before(forFile.replace('--after 10m', '--after 0s').split(' '));
  expect(migrated).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Ingestion Api Key deleted: ') });
  expect(held()).not.toBe(key);
  expect(await before(['service-token', 'verify', '--key-file', './ingestion.key'])).toMatchObject({ code: 0 });

  const after = on(await startSandbox('--platform', '2.9'));
  const renewed = await after([...afterUpgrade.split(' '), '--key-file', './ingestion.key']);
  expect(renewed).toMatchObject({ code: 0, stdout: expect.stringContaining('Service token written to ') });
  expect(await after(['service-token', 'verify', '--key-file', './ingestion.key'])).toMatchObject({ code: 0 });
  expect(await after(['ingestion-api-key', 'list'])).toMatchObject({ code: 10 });
}, 60_000);
