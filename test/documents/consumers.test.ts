import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { changeDocument } from '../../src/documents/document.ts';
import { newDocument } from '../../src/documents/new.ts';
import { everyPrintable, key, realKey, trickyKeys } from './arbitraries.ts';
import { dockerReads, systemdReads } from './readers.ts';

// What other programs read from the documents: those of this machine, and by their rules those that would need a daemon.

const names = { keyVar: 'API_KEY', secretName: 'otel' };
const folder = mkdtempSync(join(tmpdir(), 'sts-documents-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys = [everyPrintable.trim().replace('*', ''), ...trickyKeys, ...fc.sample(key, 200), ...fc.sample(realKey, 50)];

/** The same file as it is quoted by different people; the key goes where `old` stands. */
const layouts = [
  'API_KEY=old\n',
  "API_KEY='old'\n",
  'export API_KEY="old" # the key\n',
  'API_KEY=\nexport API_KEY\n',
  "FIRST='it is'\n  API_KEY=o'l'd\nLAST=\"1\n2\"",
];

async function dotenvFiles(secret: string): Promise<string[]> {
  return [
    newDocument(secret, 'dotenv', names),
    ...(await Promise.all(layouts.map((text) => changeDocument(text, secret, names)))),
  ];
}

test.each([
  ['sh', []],
  ['bash', ['--norc', '--noprofile']],
])('%s sources the exact key, for keys of every printable character', async (shell, flags) => {
  const files = (
    await Promise.all(keys.map(async (secret) => (await dotenvFiles(secret)).map((text) => ({ secret, text }))))
  ).flat();
  // One shell reads many files: starting one for each key would take the time.
  const paths = files.map(({ text }, index) => {
    const path = join(folder, `${shell}-${index}.env`);
    writeFileSync(path, text);
    return path;
  });
  const script = 'for file in "$@"; do API_KEY=; . "$file"; printf "%s\\0" "$API_KEY"; done';
  const read = execFileSync(shell, [...flags, '-c', script, shell, ...paths], { cwd: folder, encoding: 'utf8' });
  expect(read.split('\0').slice(0, -1)).toEqual(files.map(({ secret }) => secret));
  // No key was run as a command.
  expect(readdirSync(folder)).not.toContain('ran');
});

test('systemd reads the exact key, for keys of every printable character', async () => {
  for (const secret of keys) {
    for (const text of await dotenvFiles(secret)) {
      // It knows neither `export` nor a comment behind a value.
      const known = text.replace('export API_KEY=', 'API_KEY=').replace(' # the key', '').replace('export API_KEY\n', '');
      expect(systemdReads(known).get('API_KEY')).toBe(secret);
    }
  }
});

test('docker reads the exact key where it needs no quotes, as all real keys do', async () => {
  for (const secret of fc.sample(realKey, 200)) {
    expect(dockerReads(newDocument(secret, 'dotenv', names)).get('API_KEY')).toBe(secret);
    for (const text of ['API_KEY=old\n', 'B=a b\r\nAPI_KEY=old\r\n', 'HOME\n# x\nAPI_KEY=']) {
      expect(dockerReads(await changeDocument(text, secret, names)).get('API_KEY')).toBe(secret);
    }
  }
});

test('Node reads the exact key, unless it needs escapes', async () => {
  for (const secret of keys) {
    if (/'.*["\\$`]|["\\$`].*'/.test(secret) || (secret.includes("'") && secret.includes('\\'))) continue;
    for (const text of await dotenvFiles(secret)) expect(parseEnv(text)['API_KEY']).toBe(secret);
  }
});

test('a YAML parser reads the exact key from every layout of a Secret, in YAML 1.1 and 1.2, and nothing else has changed', async () => {
  for (const secret of [...trickyKeys, ...fc.sample(key, 20)]) {
    for (const section of ['data', 'stringData'] as const) {
      for (const value of ['old1', '"b2xk"', "'b2xk'", '|\n    b2xk', '', 'null # x']) {
        const text = `# x\nkind: Secret\n${section}:\n  A: x\n  API_KEY: ${value}\nmetadata: {name: otel}\n`;
        const changed = await changeDocument(text, secret, names);
        const written = section === 'data' ? Buffer.from(secret).toString('base64') : secret;
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(changed, { version })).toEqual({
            kind: 'Secret',
            [section]: { A: 'x', API_KEY: written },
            metadata: { name: 'otel' },
          });
        }
      }
    }
  }
});

const kubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;

// The simulated and the real API server are tested elsewhere; this is the YAML parser that reads manifests before they are sent.
test.runIf(kubectl)('kubectl, where there is one, reads the exact key', async () => {
  const some = [...trickyKeys, ...fc.sample(key, 30)];
  const paths = await Promise.all(
    some.map(async (secret, index) => {
      const path = join(folder, `${index}.yaml`);
      const text = newDocument('old', 'kubernetes-secret', { ...names, secretName: `s${index}` });
      // Half of them plain, as people write them.
      const plain = index % 2 === 0 ? text : text.replace(/"/g, '');
      writeFileSync(path, await changeDocument(plain, secret));
      return path;
    }),
  );
  const files = paths.flatMap((path) => ['-f', path]);
  const read = execFileSync('kubectl', ['label', '--local', '-o', 'json', ...files, 'a=b'], { encoding: 'utf8' });
  expect(secretsIn(read)).toEqual(some);
});

/** The keys in a row of JSON documents. */
function secretsIn(text: string): unknown[] {
  const documents: readonly { readonly stringData?: { readonly API_KEY?: unknown } }[] = JSON.parse(
    `[${text.trim().replaceAll(/^\}\n\{/gm, '},\n{')}]`,
  );
  return documents.map(({ stringData }) => stringData?.API_KEY);
}
