import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadProgram } from '../../src/cli/catalogue.ts';
import { exitCodeMeanings } from '../../src/cli/help.ts';
import { readPlan } from '../../src/commands/credentials/renewal-plan.ts';
import { ExitCode } from '../../src/errors.ts';
import { commandsIn, inlineCommandsIn, understand } from './commands.ts';
import { blocksOf, leads, linksOf, pages } from './pages.ts';
import { expectedMarks, marksOf, withGenerated } from './reference.ts';

const program = await loadProgram();
const all = pages();
const textOf = (path: string) => all.find((page) => page.path === path)?.text ?? '';

describe.each(all)('$path', (page) => {
  test('every link leads to a file of the repository, and its heading', () => {
    expect(linksOf(page).filter((link) => !leads(page, link))).toEqual([]);
  });

  test('its generated parts are those that `npm run docs` writes', () => {
    expect(page.text).toBe(withGenerated(page.text, program));
  });

  test('the program understands every command that it shows', () => {
    for (const command of commandsIn(page.text)) {
      expect(() => understand(program, command), command).not.toThrow();
    }
    for (const command of inlineCommandsIn(page.text)) {
      expect(() => understand(program, command, false), command).not.toThrow();
    }
  });
});

test('the reference of the commands has a part for every verb, and for the delivery flags', async () => {
  expect([...marksOf(textOf('docs/commands.md'))].sort()).toEqual([...(await expectedMarks())].sort());
});

test('the page about settings has the table of all settings', () => {
  expect(marksOf(textOf('docs/configuration.md'))).toEqual(['settings']);
});

test('the table of exit codes is complete, and says what the help says', () => {
  const rows = [...textOf('docs/scripts.md').matchAll(/^\| (\d+) \| ([^|]+) \|/gm)].map(([, code, meaning]) => [
    Number(code),
    meaning?.trim(),
  ]);
  const codes = Object.values(ExitCode).sort((a, b) => a - b);
  expect(rows).toEqual(codes.map((code) => [code, exitCodeMeanings[code]]));
});

test('the plans of the page about renewals are ones that the program reads', () => {
  const plans = blocksOf(textOf('docs/renewal.md')).flatMap(({ text }) => (text.startsWith('renewals:') ? [text] : []));
  const renew = program.nouns.flatMap(({ verbs }) => verbs).find(({ name }) => name === 'renew');
  expect(plans).toHaveLength(2);
  for (const plan of plans) {
    const renewals = renew === undefined ? [] : readPlan('renewals.yaml', plan, renew);
    expect(renewals.map(({ context }) => context)).toEqual(['prod-eu', 'prod-us']);
  }
});

test.each(
  all.flatMap(({ path, text }) =>
    blocksOf(text)
      .filter(({ language }) => language === 'yaml')
      .map((block) => ({ path, ...block })),
  ),
)('YAML of $path has no error', ({ text }) => {
  for (const { errors, warnings } of parseAllDocuments(text)) expect([...errors, ...warnings]).toEqual([]);
});

test('the README is short, and the pages of docs can be reached from it', () => {
  const readme = textOf('README.md');
  expect(readme.split('\n').length).toBeLessThanOrEqual(160);
  const own = all.map(({ path }) => path).filter((path) => /^docs\/[^/]+\.md$/.test(path));
  expect(own.filter((path) => !readme.includes(`](${path}`))).toEqual([]);
});

test('a command with a flag that does not exist would be seen, in a block and in a sentence', () => {
  const text = 'Say `sts ingestion-api-key list --nonsense`.\n\n```sh\nsts ingestion-api-key create --nonsense\n```\n';
  expect(commandsIn(text)).toEqual(['sts ingestion-api-key create --nonsense']);
  expect(inlineCommandsIn(text)).toEqual(['sts ingestion-api-key list --nonsense']);
  for (const command of [...commandsIn(text), ...inlineCommandsIn(text)]) {
    expect(() => understand(program, command)).toThrow('--nonsense');
  }
});
