import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runBuilt } from '../support/built.ts';
import { environmentOf, startForTest } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { commandsIn, wordsOf } from './commands.ts';
import { blocksOf } from './pages.ts';

// The commands of "Any other store", run as they stand with stand-ins for the stores: each has to give the store the key alone.

/** How the stand-in of each store reads: what the store's own program does. */
const stores: Readonly<Record<string, string>> = {
  gh: 'cat',
  // `api-key=-` reads stdin.
  vault: 'cat',
  // Both open the file that their flag names.
  aws: 'cat /dev/stdin',
  az: 'cat /dev/stdin',
  docker: 'cat',
  'systemd-creds': 'cat',
};

const [, section = ''] = /^## Any other store.*?\n(.*)/ms.exec(readFileSync('docs/delivery.md', 'utf8')) ?? [];
const commands = blocksOf(section).flatMap(({ language, text }) =>
  language === 'sh' ? commandsIn(`\`\`\`sh\n${text}\`\`\`\n`) : [],
);

test('there is an example for each store', () => {
  const named = commands.map((command) => /--key-command '(\S+) /.exec(command)?.[1]);
  expect(named).toEqual(Object.keys(stores));
});

test.each(commands)('%s', async (command) => {
  const stackState = await startForTest({ now: Date.now });
  const folder = tempFolder();
  for (const [store, read] of Object.entries(stores)) {
    writeFileSync(join(folder, store), `#!/bin/sh\n${read} > '${join(folder, 'got')}'\n`);
    chmodSync(join(folder, store), 0o755);
  }
  const env = { ...environmentOf(stackState), PATH: `${folder}:${process.env['PATH']}` };

  const { code, stdout, stderr } = await runBuilt(wordsOf(command).slice(1), { env });

  expect(stderr).toBe('');
  expect(code).toBe(0);
  const [key] = stackState.keys();
  expect(readFileSync(join(folder, 'got'), 'utf8')).toBe(key?.apiKey);
  expect(stdout).not.toContain(key?.apiKey);
});
