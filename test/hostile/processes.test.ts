import { expect, test } from 'vitest';
import { nodeProcesses } from '../../src/platform/node-processes.ts';

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
