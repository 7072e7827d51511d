import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const workflows = readdirSync('.github/workflows').map(
  (name) => [name, readFileSync(`.github/workflows/${name}`, 'utf8')] as const,
);

test.each(workflows)('%s pins every action by its commit, with the version beside it', (_, text) => {
  const uses = text.split('\n').filter((line) => /\buses:/.test(line));
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test.each(workflows)('%s may only read, but for the job that says what more it needs', (_, text) => {
  const { permissions, jobs } = parse(text);
  expect(permissions).toEqual({ contents: 'read' });
  const more = Object.entries<{ permissions?: unknown }>(jobs).filter(([, job]) => job.permissions !== undefined);
  expect(more.map(([name]) => name)).toEqual(more.length === 0 ? [] : ['publish']);
});

test('the image holds the executable and its licences, and is not run by root', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const copied = lines.filter((line) => /^(?:COPY|ADD|RUN)\b/.test(line)).map((line) => line.split(' ').at(-2));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Docker's.
  expect(copied).toEqual(['executable/${TARGET}/sts', 'executable/${TARGET}/LICENCES.txt']);
  expect(lines).toContain('USER 65532:65532');
});
