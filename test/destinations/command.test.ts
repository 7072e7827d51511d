import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Issued } from '../../src/credentials/ports.ts';
import { type CommandOptions, commandDestination } from '../../src/destinations/command.ts';
import { nodeProcesses } from '../../src/platform/node-processes.ts';
import { failureOf, startWorld } from '../credentials/support.ts';
import { tempFolder } from '../support/temp.ts';

const issued: Issued = { id: 1n, name: 'ci', secret: 'iapikeyok-S3CRET' };
let folder: string;
let shown: string;

beforeEach(() => {
  folder = tempFolder();
  shown = '';
});

function destination(command: string, options: Partial<CommandOptions> = {}) {
  return commandDestination({
    processes: nodeProcesses,
    command,
    timeoutMs: 10_000,
    render: (secret) => `API_KEY=${secret}\n`,
    onOutput: (text) => {
      shown += text;
    },
    ...options,
  });
}

test('the document arrives on stdin, and in no argument and no variable', async () => {
  const command = `cat > ${folder}/got; env > ${folder}/env; tr '\\0' ' ' < /proc/$$/cmdline > ${folder}/args; exit 0`;
  await destination(command).deliver(issued);
  expect(readFileSync(join(folder, 'got'), 'utf8')).toBe('API_KEY=iapikeyok-S3CRET\n');
  for (const file of ['env', 'args']) {
    if (existsSync(join(folder, file))) expect(readFileSync(join(folder, file), 'utf8')).not.toContain(issued.secret);
  }
});

test.each(['cat /dev/stdin', 'cat <&0', 'tee /dev/null', '# a comment\ncat'])(
  'a command may open its stdin by a name: %s',
  async (read) => {
    await destination(`(${read}\n) > ${folder}/got`).deliver(issued);
    expect(readFileSync(join(folder, 'got'), 'utf8')).toBe('API_KEY=iapikeyok-S3CRET\n');
  },
);

test('a command gets all of its input, whatever is on the PATH', async () => {
  const read = `read -r line; printf '%s\\n' "$line" > ${folder}/got`;
  writeFileSync(join(folder, 'cat'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  for (const path of ['/nowhere', folder]) {
    vi.stubEnv('PATH', path);
    await destination(read).deliver(issued);
    expect(readFileSync(join(folder, 'got'), 'utf8')).toBe('API_KEY=iapikeyok-S3CRET\n');
  }
});

test.each([
  ['exit 3', /ended with exit code 3/],
  ['kill -9 $$', /ended with exit code 137/],
  ['cat >/dev/null; exit 4 # a comment', /ended with exit code 4/],
  ['echo "unfinished', /ended with exit code 2/],
  ['no-such-program-anywhere', /ended with exit code 127/],
])('%s is not delivered', async (command, reason) => {
  const failure = await failureOf(destination(command).deliver(issued));
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringMatching(reason) });
  expect(String(failure)).not.toContain(issued.secret);
});

test('one that takes too long is ended, with all that it has started, and is not delivered', async () => {
  const started = Date.now();
  const failure = await failureOf(destination('sleep 60 & sleep 60', { timeoutMs: 300 }).deliver(issued));
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('within 0.3 s (--key-command-timeout)') });
  expect(Date.now() - started).toBeLessThan(15_000);
});

test('one that does not read its input and ends in 0 has taken it', async () => {
  await destination('true').deliver(issued);
  await destination('true', { render: () => 'k'.repeat(1_000_000) }).deliver(issued);
});

test('a shell that is not there is said', async () => {
  const processes = { run: () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' })) };
  const failure = await failureOf(destination('true', { processes }).deliver(issued));
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('could not be started') });
});

test('an empty command is refused before there is a key', async () => {
  await expect(destination(' ').prove()).rejects.toMatchObject({ exitCode: 6 });
});

test('what it prints is shown, and the key in none of its forms', async () => {
  const json = `{"key":"${issued.secret}"}`;
  const command = `cat; echo; printf '%s' '${json}'; echo; base64 >&2 < /dev/null; printf 'half a line'`;
  await destination(command).deliver(issued);
  expect(shown).toContain('API_KEY=');
  expect(shown).toContain('half a line\n');
  expect(shown).not.toContain(issued.secret);
  const encoded = Buffer.from(`API_KEY=${issued.secret}\n`).toString('base64');
  shown = '';
  await destination(`base64 -w0; echo done >&2`).deliver(issued);
  expect(shown).toContain('[hidden]');
  expect(shown).toContain('done\n');
  expect(shown).not.toContain(encoded);
});

test('the key is hidden also where it is printed in parts', async () => {
  const [a, b] = [issued.secret.slice(0, 9), issued.secret.slice(9)];
  await destination(`cat > /dev/null; printf %s '${a}'; sleep 0.2; printf '%s\\n' '${b}'`).deliver(issued);
  expect(shown).toBe('[hidden]\n');
});

test('two streams do not mix within a line', async () => {
  await destination(`printf 'out'; sleep 0.1; printf 'err\\n' >&2; sleep 0.1; printf 'put\\n'`).deliver(issued);
  expect(shown).toBe('err\noutput\n');
});

test('its flags can be pasted into a shell', () => {
  expect(destination("echo '$HOME' && cat").flags).toBe(`--key-command 'echo '\\''$HOME'\\'' && cat'`);
});

test('a command that fails leaves no key, and the old one as it was', async () => {
  const world = await startWorld();
  const { id } = world.credentials.seed({ name: 'ci' });
  const failure = await failureOf(world.rotate({}, { destination: destination('cat > /dev/null; echo no >&2; exit 1') }));
  expect(failure).toMatchObject({ exitCode: 6, message: expect.stringContaining('The new key was deleted again.') });
  expect(world.stackState.keys().map((key) => key.id)).toEqual([id]);
  expect(shown).toBe('no\n');
});

test('a command that takes the key: it is verified first, and the old one goes last', async () => {
  const world = await startWorld();
  world.credentials.seed({ name: 'ci' });
  const store = join(folder, 'store');
  const taking = destination(`cat > ${store}`, { render: (secret) => secret });
  const { fate } = await world.rotate({}, { destination: taking });
  expect(fate).toBe('deleted');
  expect(world.secretsNamed('ci')).toEqual([readFileSync(store, 'utf8')]);
  expect(world.stackState.requests.map(({ route }) => route)).toEqual(['list', 'create', 'authorize', 'authorize', 'delete']);
});
