import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { expect } from 'vitest';
import { environmentFor, testOfTheBuild as test } from '../support/built.ts';
import { tempFolder } from '../support/temp.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const run = promisify(execFile);

/** What `npm publish` would send. @returns the path of the archive. */
async function pack(): Promise<string> {
  const folder = tempFolder();
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  return join(folder, readdirSync(folder)[0] ?? '');
}

test('the package holds what runs, and needs nothing else', { timeout: 60_000 }, async () => {
  const archive = await pack();
  expect(statSync(archive).size).toBeLessThan(1_000_000);
  expect(manifest.dependencies ?? {}).toEqual({});
  const { stdout } = await run('tar', ['-tzf', archive]);
  const files = stdout.trimEnd().split('\n');
  expect(files).toEqual(expect.arrayContaining(['package/bin/sts.js', 'package/dist/main.cjs', 'package/dist/LICENCES.txt']));
  expect(files.filter((file) => !/^package\/(?:bin|dist)\/[^/]+$|^package\/[^/]+$/.test(file))).toEqual([]);
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
});

test('npx runs the package in an empty folder', { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  copyFileSync(await pack(), join(folder, 'sts.tgz'));
  const env = { ...environmentFor({}), npm_config_cache: tempFolder(), npm_config_update_notifier: 'false' };
  const { stdout } = await run('npx', ['--yes', '--offline', './sts.tgz', 'version', '-o', 'json'], { cwd: folder, env });
  expect(JSON.parse(stdout)).toMatchObject({ version: manifest.version, runtime: `node ${process.versions.node}` });
  expect(readdirSync(folder)).toEqual(['sts.tgz']);
});

test('publint finds nothing to complain about', { timeout: 60_000 }, async () => {
  const { messages, pkg } = await publint({ pkgDir: root, pack: 'npm', strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});
