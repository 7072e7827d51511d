import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { copyAcl } from '../../src/platform/acl.ts';
import { tempFolder } from '../support/temp.ts';

// Who may read a key file by an access control list has to be able to read the one that takes its place. The tools are stand-ins here,
// since not every machine has them; the last test takes the real ones where they are.

const list = 'user::rw-\nuser:collector:r--\ngroup::---\nmask::r--\nother::---';
let tools: string;

function tool(name: string, script: string): void {
  const path = join(tools, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

beforeEach(() => {
  tools = tempFolder();
  vi.stubEnv('PATH', `${tools}:/usr/bin:/bin`);
  return () => vi.unstubAllEnvs();
});

test('a list is read from the one file and set on the other', async () => {
  const seen = join(tools, 'seen');
  tool('getfacl', `printf '%s\\n' '${list}' ''`);
  tool('setfacl', `{ echo "$@"; cat; } > '${seen}'`);
  await copyAcl('/a/from', '/a/to');
  expect(readFileSync(seen, 'utf8')).toBe(`--set-file=- -- /a/to\n${list}\n`);
});

test.each([
  ['has no list', 'exit 0'],
  ['is on a file system without lists', 'echo "Operation not supported" >&2; exit 1'],
])('nothing is set where the file %s', async (_, script) => {
  tool('getfacl', script);
  tool('setfacl', `touch '${tools}/set'`);
  await copyAcl('/a/from', '/a/to');
  expect(existsSync(join(tools, 'set'))).toBe(false);
});

test('nothing is done on a machine without the tools', async () => {
  vi.stubEnv('PATH', tools);
  await expect(copyAcl('/a/from', '/a/to')).resolves.toBeUndefined();
});

test.each([
  ['is refused', () => tool('setfacl', 'exit 1')],
  // A writer of its stdin must not bring the program down.
  ['is not there', () => undefined],
])('a list that cannot be set, because setfacl %s, is an error', async (_, prepare) => {
  vi.stubEnv('PATH', tools);
  tool('getfacl', `printf '%s\\n' '${list}'`);
  prepare();
  await expect(copyAcl('/a/from', '/a/to')).rejects.toThrow(/setfacl/);
});

test('setfacl that ends before it has read its input is an error like any other', async () => {
  // More than a pipe holds: the write fails for sure.
  tool('getfacl', `printf '%s\\n' '${list}'; i=0; while [ $i -lt 20000 ]; do echo "user:$i:r--"; i=$((i+1)); done`);
  tool('setfacl', 'exec <&-; exit 1');
  await expect(copyAcl('/a/from', '/a/to')).rejects.toThrow(/setfacl ended with exit code 1/);
});

const path = process.env['PATH'] ?? '';
const hasTools = path.split(':').some((folder) => existsSync(join(folder, 'setfacl')) && existsSync(join(folder, 'getfacl')));

test.runIf(hasTools)('with the real tools', async () => {
  vi.stubEnv('PATH', path);
  const [from, to] = [join(tools, 'from'), join(tools, 'to')];
  for (const file of [from, to]) writeFileSync(file, '', { mode: 0o600 });
  execFileSync('setfacl', ['-m', 'u:65534:r', from]);
  await copyAcl(from, to);
  const listOf = (file: string) => execFileSync('getfacl', ['-n', '--omit-header', file], { encoding: 'utf8' });
  expect(listOf(to)).toBe(listOf(from));
  expect(listOf(to)).toContain('user:65534:r--');
});
