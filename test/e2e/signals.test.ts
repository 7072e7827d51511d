import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBuilt } from '../support/built.ts';
import { against, environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { runShell, startShellInTerminal } from './shell.ts';

const keys = 'ingestion-api-key';

/** A StackState whose answers never come, and a promise of the first request it receives. */
async function stalled() {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const stackState = await startForTest({ now: Date.now, onStage: () => arrive() });
  stackState.setFault('any', { kind: 'stall' });
  return { stackState, arrived };
}

test.each([
  ['SIGINT', '[ERROR] Interrupted by SIGINT.\n'],
  ['SIGTERM', '[ERROR] Interrupted by SIGTERM.\n'],
] as const)('%s ends a list that waits for its answer, by that signal', async (signal, stderr) => {
  const { stackState, arrived } = await stalled();
  const { child, result } = startBuilt([keys, 'list', ...against(stackState)]);
  await arrived;
  const started = Date.now();
  child.kill(signal);
  expect(await result).toEqual({ code: null, signal, stdout: '', stderr });
  expect(Date.now() - started).toBeLessThan(2000);
});

test.each([
  ['INT', 130],
  ['TERM', 143],
])('a shell sees SIG%s as %i', async (signal, code) => {
  const { stackState, arrived } = await stalled();
  const file = join(tempFolder(), 'arrived');
  void arrived.then(() => writeFileSync(file, ''));
  // Without job control the shell makes its background jobs ignore SIGINT.
  const script = `set -m
    sts ingestion-api-key list -o json & pid=$!
    until [ -e "$FILE" ]; do sleep 0.02; done
    kill -s ${signal} $pid
    wait $pid
    echo "code $?"`;
  const env = { ...environmentOf(stackState), FILE: file };
  const { stdout, stderr } = await runShell('bash', script, { env });
  expect(stdout).toBe(`code ${code}\n`);
  const [document] = /^\{[\s\S]*?^\}/m.exec(stderr) ?? [''];
  expect(JSON.parse(document)).toEqual({ error: true, 'error-message': `Interrupted by SIG${signal}.`, 'exit-code': code });
});

test('a script that is interrupted stops with its command', async () => {
  const { stackState, arrived } = await stalled();
  const script = "sts ingestion-api-key list; echo 'not reached'";
  const terminal = startShellInTerminal(script, { env: environmentOf(stackState) });
  await arrived;
  terminal.type('\x03');
  expect(await terminal.result).not.toContain('not reached');
});

test('an interrupted context save saves nothing', async () => {
  const { stackState, arrived } = await stalled();
  const home = tempFolder();
  const { child, result } = startBuilt(['context', 'save', ...against(stackState)], { home });
  await arrived;
  child.kill('SIGINT');
  expect(await result).toMatchObject({ signal: 'SIGINT', stdout: '' });
  expect(existsSync(join(home, '.config', 'stackstate-cli', 'config.yaml'))).toBe(false);
});
