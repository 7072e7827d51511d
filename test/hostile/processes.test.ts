import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { nodeProcesses } from '../../src/platform/node-processes.ts';
import { tempFolder } from '../support/temp.ts';

test('a program that leaves another one running has ended when it has ended itself', async () => {
  const result = await nodeProcesses.run({ shell: 'echo done; sleep 30 &' }, { timeoutMs: 20_000 });

  expect(result).toMatchObject({ code: 0, timedOut: false, stdout: 'done\n' });
});

test('a program that is over in time and holds its streams open a little longer is read to the end', async () => {
  const result = await nodeProcesses.run({ shell: '(sleep 0.2; echo late) &' }, { timeoutMs: 20_000 });

  expect(result).toMatchObject({ code: 0, stdout: 'late\n' });
});

test('what a program has put out of reach does not keep its time limit from being kept', async () => {
  // `setsid` takes the sleep out of the group that is ended.
  const command = 'setsid sleep 30 & sleep 30';

  const result = await nodeProcesses.run({ shell: command }, { timeoutMs: 200 });

  expect(result).toMatchObject({ code: null, timedOut: true });
});

test('a time limit that no timer takes is not taken for one millisecond', async () => {
  const result = await nodeProcesses.run({ shell: 'sleep 0.2; echo done' }, { timeoutMs: 400 * 86_400_000 });

  expect(result).toMatchObject({ code: 0, timedOut: false, stdout: 'done\n' });
});

test('a program that ignores SIGTERM and has closed its streams does not outlive its time limit', async () => {
  const late = join(tempFolder(), 'late');
  // A key would reach its store after it was deleted again.
  const command = `trap '' TERM; exec >/dev/null 2>&1 </dev/null; sleep 3.5; echo >'${late}'`;

  const result = await nodeProcesses.run({ shell: command }, { timeoutMs: 300 });

  expect(result).toMatchObject({ timedOut: true });
  await sleep(2000);
  expect(existsSync(late)).toBe(false);
});
