// What the suites tried when they last ran, for docs/reliability.md: `npm run reliability` writes the table, `-- --check` sees that it claims
// no more than a whole run of the tests has just counted, `-- --forget` begins anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { clearCounts, readCounts } from './counts.ts';

interface Row {
  /** As the suites call it. */
  readonly count: string;
  readonly what: string;
  readonly holds: string;
}

const rows: readonly Row[] = [
  {
    count: 'fault cases',
    what: 'servers that respond wrongly, late or never; full and read-only disks, closed streams, signals',
    holds: 'the exit code, the requests the server saw, the keys left on it, the files left on the disk',
  },
  {
    count: 'readers gone',
    what: 'readers that go away before, while or after the key is written',
    holds: 'the reader could read the key, or the exit code is 6 and the key is deleted again',
  },
  {
    count: 'fuzzed answers',
    what: 'generated and garbled responses to `list` and `create`',
    holds: 'no crash, no stack trace, no control character, never exit code 0 without the key delivered',
  },
  {
    count: 'kill points',
    what: '`rotate` killed, into a file, a Secret and a context: at every step on the disk, at every stage of every request, again while it recovers, at random times',
    holds: 'the key at the destination works; after the next `rotate` one key of the name lives, and the destination holds it',
  },
  {
    count: 'server faults',
    what: 'the server dies, fails, resets, stalls or cuts its response at any request of `rotate`',
    holds: 'the same',
  },
  {
    count: 'second actors',
    what: 'somebody else acts at any step of `rotate`: deletes the new key, the old key, the file, the Secret or the journal, or rotates too, also by another mount or from another network namespace',
    holds: 'the destination holds a key that works, or the exit code and the message say why it cannot',
  },
  {
    count: 'interleavings',
    what: 'two or three runs of `rotate` on one file or Secret, their steps interleaved at random',
    holds: 'at most one of them changes anything at a time; in the end one key lives, and the destination holds it',
  },
];
type Counts = ReturnType<typeof readCounts>;

const path = 'docs/reliability.md';
const [begin, end] = ['<!-- counted by the tests: npm run reliability -->\n', '<!-- end of what is counted -->\n'];

/** The table for the page. */
function tableOf(counts: Counts): string {
  const lines = rows.map(
    ({ count, what, holds }) => `| ${roundedDown(countOf(counts, count).count).toLocaleString('en')} | ${what} | ${holds} |\n`,
  );
  return `| tried, at least | what | what holds each time |\n|---:|---|---|\n${lines.join('')}`;
}

function countOf(counts: Counts, name: string) {
  const found = counts.get(name);
  if (found === undefined) throw new Error(`Nothing is counted for "${name}": run all tests first (npx vitest run).`);
  return found;
}

/** To two digits: another Node or system comes to some more or fewer. */
function roundedDown(n: number): number {
  const unit = 10 ** Math.max(0, String(n).length - 2);
  return Math.floor(n / unit) * unit;
}

/** @throws Error when the page claims more than was counted. Where a suite could not try all it has, that is said instead. */
function check(table: string, counts: Counts): void {
  for (const { count, what } of rows) {
    const line = table.split('\n').find((candidate) => candidate.includes(`| ${what} |`));
    const claimed = Number(/^\| ([\d,]+) \|/.exec(line ?? '')?.[1]?.replaceAll(',', ''));
    const counted = countOf(counts, count);
    if (claimed <= counted.count) continue;
    const difference = `${path} says ${line === undefined ? `nothing of the ${count}` : `"${line}"`}, and ${counted.count} were counted.`;
    if (counted.whole || line === undefined) throw new Error(`${difference} Run: npm run reliability`);
    console.warn(`[WARN] SKIPPED: some ${count} need rights that this account does not have. ${difference}`);
  }
}

function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, forget: { type: 'boolean' } } });
  if (values.forget) {
    clearCounts();
    return;
  }
  const [before, rest] = readFileSync(path, 'utf8').split(begin);
  const [table, after] = rest?.split(end) ?? [];
  if (before === undefined || table === undefined || after === undefined) throw new Error(`${path} has no place for the table.`);
  if (values.check) check(table, readCounts());
  else writeFileSync(path, `${before}${begin}${tableOf(readCounts())}${end}${after}`);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
