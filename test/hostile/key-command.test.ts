import { expect, test } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { against, runSts, startForTest } from '../support/run.ts';

const create = ['ingestion-api-key', 'create', '-n', 'ci', '--key-command'];

test.each([
  ['as it is', 'cat'],
  ['in base64, as `kubectl -o yaml` prints a Secret', 'base64 -w 0'],
  ['in base64 without the newline', "tr -d '\\n' | base64 -w 0"],
])('a command that prints the key %s does not show it', async (_how, command) => {
  const server = await startForTest();

  const { code, stdout, stderr } = await runSts([...create, `${command}; exit 1`, ...against(server)]);

  expect(code).toBe(6);
  expect(stderr).toContain('[hidden]');
  const [key] = server.store.history;
  const secret = key?.apiKey ?? '';
  expect(secret).not.toBe('');
  for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, 20)]) {
    expect(stdout).not.toContain(form);
    expect(stderr).not.toContain(form);
  }
  expect(server.keys()).toEqual([]);
});

test('a command that prints without end and without a newline costs neither memory nor the key', async () => {
  const server = await startForTest();

  const { code } = await runSts([
    ...create,
    "cat >/dev/null; head -c 8000000 /dev/zero | tr '\\0' x",
    '-o',
    'json',
    ...against(server),
  ]);

  expect(code).toBe(0);
  expect(server.keys()).toHaveLength(1);
});

test('who sits at a terminal is not told that a key is shown which went to a command', async () => {
  const server = await startForTest();
  const terminal = { stdout: { isTTY: true }, stderr: { isTTY: true } };

  const { stdout, stderr } = await runSts([...create, 'cat >/dev/null', ...against(server)], terminal);

  expect(stdout + stderr).not.toContain('is shown this once');
  expect(stderr).toContain('Expires: never.');
});

test('who presses Ctrl-C while the command runs is told what is waited for, and what a second one costs', async () => {
  const server = await startForTest();
  const interrupt = new AbortController();
  const stderr = {
    onWrite: (text: string) => {
      if (text.includes('begun')) interrupt.abort(new InterruptedError('SIGINT'));
    },
  };
  const command = 'cat >/dev/null; echo begun; sleep 1.5';

  const result = await runSts([...create, command, ...against(server)], { stderr, interrupt: interrupt.signal });

  expect(result.stderr).toContain(
    '[WARN] Interrupted, and waiting for the command, at most 60 s. A second signal ends at once; ',
  );
  expect(result.stdout).toContain('given to the command');
  expect(server.keys()).toHaveLength(1);
});
