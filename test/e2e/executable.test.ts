import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tokens } from '../stackstate/server.ts';
import { environmentFor } from '../support/built.ts';
import { caFileOf, startForTest, tempFolder } from '../support/run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('one file is the whole program: no Node, no folder, over TLS with an own authority', { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  execFileSync(process.execPath, [join(root, 'scripts', 'executable.mjs'), folder], { cwd: root });
  expect(readdirSync(folder).sort()).toEqual(['LICENCES.txt', 'sts']);
  expect(readFileSync(join(folder, 'LICENCES.txt'), 'utf8')).toMatch(/^undici \d[\s\S]*^Node\.js v\d/m);

  const stackState = await startForTest({ now: Date.now, tls: true });
  const env = {
    ...environmentFor({ home: folder, env: { PATH: '/nowhere' } }),
    STS_CLI_URL: stackState.url,
    STS_CLI_SERVICE_TOKEN: tokens.service,
    STS_CA_CERT_PATH: caFileOf(stackState),
  };
  const run = (...argv: string[]) => runFile(join(folder, 'sts'), argv, env);
  expect(await run('version')).toMatch(/^VERSION \| BUILD DATE \| COMMIT\n\d/);
  const created = await run('ingestion-api-key', 'create', '--name', 'one', '--key-file', join(folder, 'key'));
  expect(created).toContain('written to');
  expect(await run('ingestion-api-key', 'verify', '--key-file', join(folder, 'key'))).toContain('is valid');
  await run('context', 'save', '--name', 'prod', '--url', stackState.url, '--service-token', tokens.service);
  expect(await run('ingestion-api-key', 'rotate', '--name', 'one', '--key-file', join(folder, 'key'), '--delete-old')).toContain(
    'Ingestion Api Key deleted',
  );
  expect(readFileSync(join(folder, 'key'), 'utf8').trimEnd()).toBe(stackState.keys()[0]?.apiKey);
  expect(await run('ingestion-api-key', 'list', '-o', 'json')).toContain('"name": "one"');
});

/** What a program prints. The server runs in this process, so nothing may block it. */
function runFile(file: string, argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((done, fail) => {
    execFile(file, argv, { env }, (error, stdout, stderr) =>
      error ? fail(new Error(`${error.message}\n${stderr}`)) : done(stdout),
    );
  });
}
