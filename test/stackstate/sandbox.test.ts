import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../support/temp.ts';
import { call, keysPath } from './caller.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Sandbox {
  readonly ended: Promise<number | null>;
  readonly output: { text: string };
  interrupt(): void;
  waitFor(text: RegExp): Promise<RegExpExecArray>;
}

/** Starts `npm run sandbox` as its script does. */
function startSandbox(...flags: string[]): Sandbox {
  const child = spawn(process.execPath, ['scripts/run-ts.mjs', 'test/stackstate/sandbox.ts', ...flags], {
    cwd: root,
    env: { PATH: process.env['PATH'], TMPDIR: tempFolder() },
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  const output = { text: '' };
  let over = false;
  const ended = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      over = true;
      done(code);
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  const waitFor = async (text: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = text.exec(output.text);
      if (found !== null) return found;
      if (over) throw new Error(`It ended before ${text} was seen:\n${output.text}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  };
  return { ended, output, waitFor, interrupt: () => child.kill('SIGINT') };
}

test('it says how to reach it, serves seeded keys over TLS, logs no secrets and ends on Ctrl-C', async () => {
  const sandbox = startSandbox('--tls', '--seed', '5');
  const [, url = ''] = await sandbox.waitFor(/^export STS_CLI_URL=(https:\/\/127\.0\.0\.1:\d+)$/m);
  const [, token = ''] = await sandbox.waitFor(/^export STS_CLI_API_TOKEN=(\S+)$/m);
  const [, caFile = ''] = await sandbox.waitFor(/^export STS_CA_CERT_PATH='(\S+)'$/m);
  await sandbox.waitFor(/Ctrl-C ends the sandbox/);

  const [, serviceToken = ''] = await sandbox.waitFor(/export STS_CLI_SERVICE_TOKEN=(\S+)$/m);

  const server = { url, caPem: readFileSync(caFile, 'utf8') };
  const listed = await call(server, 'GET', keysPath, { headers: { 'X-API-Token': token } });
  expect(listed.json).toHaveLength(5);
  const byService = await call(server, 'GET', '/api/security/tokens', { headers: { 'X-API-Key': serviceToken } });
  expect(byService.json).toHaveLength(5);
  await call(server, 'POST', '/receiver/stsAgent/intake?api_key=secret-key', { headers: {}, body: '{}' });
  await call(server, 'GET', '/unknown', { headers: {} });
  await sandbox.waitFor(/GET {4}\/api\/security\/ingestion\/api_keys {2}200$/m);
  await sandbox.waitFor(/POST {3}\/receiver\/stsAgent\/intake {2}403$/m);
  await sandbox.waitFor(/GET {4}\/unknown {2}404$/m);

  sandbox.interrupt();
  expect(await sandbox.ended).toBe(0);
  expect(existsSync(caFile)).toBe(false);
  expect(sandbox.output.text.split(token)).toHaveLength(2);
  expect(sandbox.output.text).not.toContain('secret-key');
});

test.each([
  [['--port', '65536'], /--port takes a whole number from 0 to 65535, not '65536'/],
  [['--seed', '-1'], /--seed/],
  [['--seed=-1'], /--seed takes a whole number from 0 to 1000000, not '-1'/],
  [['--platform', '3.0'], /--platform takes 6.0, 2.3.5, 2.9, not '3.0'/],
  [['--colour'], /--colour/],
  [['extra'], /extra/],
])('a wrong flag is a message and exit 3: %s', async (flags, message) => {
  const sandbox = startSandbox(...flags);
  expect(await sandbox.ended).toBe(3);
  expect(sandbox.output.text).toMatch(message);
  expect(sandbox.output.text).toContain('npm run sandbox -- --help');
});

test('it can be a platform with service tokens only', async () => {
  const sandbox = startSandbox('--platform', '2.9', '--seed', '1');
  await sandbox.waitFor(/A simulated StackState with 1 service token is running/);
  const [, url = ''] = await sandbox.waitFor(/STS_CLI_URL=(\S+)/);
  expect((await call({ url, caPem: '' }, 'GET', keysPath)).status).toBe(404);
});

test('a port in use is a message and exit 1', async () => {
  const first = startSandbox();
  const [, port = ''] = await first.waitFor(/STS_CLI_URL=http:\/\/127\.0\.0\.1:(\d+)/);
  const second = startSandbox('--port', port);
  expect(await second.ended).toBe(1);
  expect(second.output.text).toBe('[ERROR] The port is in use. Choose another with --port, or leave it out.\n');
});
