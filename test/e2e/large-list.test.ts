import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type BuiltOptions, runBuilt, testsTheBuild } from '../support/built.ts';
import { environmentOf, startForTest, tempFolder } from '../support/run.ts';

const keys = 100_000;
const firstId = 9_000_000_000_000_000_000n;

/** A list as the server has it, in no order of names. */
function listOf(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => {
    const name = `cluster-${String((index * 7919) % count).padStart(6, '0')}`;
    return `{"id":${firstId + BigInt(index)},"lastUpdateTimestamp":1795452767565,"name":"${name}","description":"agents of ${name}"}`;
  });
  return `[${rows.join(',')}]`;
}

/** How the program is run so that its largest resident memory, in megabytes, stands in a file afterwards. */
function weighed(): { readonly options: Pick<BuiltOptions, 'runBy' | 'nodeArguments'>; readonly peak: () => number } {
  const folder = tempFolder();
  const [hook, report] = [join(folder, 'hook.cjs'), join(folder, 'peak')];
  const peak = () => Number(readFileSync(report, 'utf8')) / 1024;
  // An executable cannot tell; GNU time can.
  if (!testsTheBuild) return { options: { runBy: ['/usr/bin/time', '-f', '%M', '-o', report] }, peak };
  const write = `require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS))`;
  writeFileSync(hook, `process.on('exit', () => ${write});`);
  return { options: { nodeArguments: ['--require', hook] }, peak };
}

test.each([
  { output: 'text', lines: keys + 1, last: /^\d{19} \| cluster-099999 \| +\| agents of cluster-099999$/m },
  { output: 'json', lines: keys * 6 + 4, last: /"name": "cluster-099999"\n {4}\}\n {2}\]\n\}\n$/ },
])('100,000 keys as $output to a reader that takes its time: complete, sorted, in bounded memory', async (row) => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('list', { kind: 'body', text: listOf(keys) });
  const { options, peak } = weighed();
  const { code, stdout, stderr } = await runBuilt(['ingestion-api-key', 'list', '-o', row.output], {
    env: environmentOf(stackState),
    ...options,
    stdout: { pipeTo: '{ sleep 1; cat; }' },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').length - 1).toBe(row.lines);
  expect(stdout).toMatch(row.last);
  const names = stdout.match(/cluster-\d{6}(?= +\||",?\n {4}\})/g) ?? [];
  expect(names).toHaveLength(keys);
  expect(names.every((name, at) => at === 0 || name > (names[at - 1] ?? ''))).toBe(true);
  expect(peak()).toBeLessThan(350);
});

test('a reader that takes nothing for a while holds the program up, which keeps its memory', async () => {
  const stackState = await startForTest({ now: Date.now });
  stackState.setFault('list', { kind: 'body', text: listOf(keys) });
  const { options, peak } = weighed();
  const { code, stdout } = await runBuilt(['ingestion-api-key', 'list'], {
    env: environmentOf(stackState),
    ...options,
    // What fits into a pipe is taken at once, the rest has to wait.
    stdout: { pipeTo: '{ head -c 1000 >/dev/null; sleep 2; wc -l; }' },
  });
  expect(code).toBe(0);
  expect(Number(stdout)).toBeGreaterThan(keys - 1000);
  expect(peak()).toBeLessThan(350);
});
