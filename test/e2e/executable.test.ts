import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { packagesIn } from '../../scripts/licences.mjs';
import { runtimePath, thisPlatform } from '../../scripts/runtimes.mjs';
import { tokens } from '../stackstate/server.ts';
import { caFileOf, startForTest, startProxyForTest, tempFolder } from '../support/run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

// `npm ci` brings no runtime, and a plain test run sends for nothing.
const canBuild = existsSync(runtimePath(thisPlatform));

// Once is enough: another program or Node under test has no part in it.
const isPlainRun = process.env['STS_BIN'] === undefined && process.env['STS_NODE'] === undefined;
const withRuntime = (title: string) => (canBuild ? title : `SKIPPED, needs "npm run executables" once: ${title}`);

/** Makes the executable for this machine. @returns the folder it stands in. */
function makeExecutable(repository: string, out = join(tempFolder(), 'out')): string {
  const script = join(repository, 'scripts', 'executables.mjs');
  execFileSync(process.execPath, [script, '--target', thisPlatform, '--out', out], { cwd: repository, stdio: 'pipe' });
  return out;
}

/** What a program prints. The server runs in this process, so nothing may block it. */
function runFile(file: string, argv: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((done, fail) => {
    execFile(file, argv, { env, cwd: tempFolder() }, (error, stdout, stderr) =>
      error ? fail(new Error(`${error.message}\n${stderr}`)) : done(stdout),
    );
  });
}

test.skipIf(!canBuild || !isPlainRun)(
  withRuntime('one file is the whole program: no Node, no folder, over TLS with an own CA, through a proxy'),
  { timeout: 60_000 },
  async () => {
    const out = makeExecutable(root);
    const built = join(out, thisPlatform);
    expect(readdirSync(built).sort()).toEqual(['LICENCES.txt', 'sbom.cdx.json', 'sts']);
    const [alone, home] = [tempFolder(), tempFolder()];
    const sts = join(alone, 'sts');
    cpSync(join(built, 'sts'), sts);

    const stackState = await startForTest({ now: Date.now, tls: { hosts: ['127.0.0.1', 'stackstate.example'] } });
    const proxy = await startProxyForTest();
    const env = {
      PATH: '/nowhere',
      HOME: home,
      STS_CLI_URL: stackState.url,
      STS_CLI_SERVICE_TOKEN: tokens.service,
      STS_CA_CERT_PATH: caFileOf(stackState),
    };
    const file = join(home, 'key');
    const run = (argv: readonly string[], more: Readonly<Record<string, string>> = {}) => runFile(sts, argv, { ...env, ...more });
    const keys = 'ingestion-api-key';
    const { runtime } = JSON.parse(await run(['version', '-o', 'json']));
    expect(runtime).toMatch(/^bun \d/);
    expect(await run([keys, 'create', '--name', 'one', '--key-file', file])).toContain('written to');
    expect(await run([keys, 'verify', '--key-file', file])).toContain('is valid');
    await run(['context', 'save', '--name', 'prod', '--url', stackState.url, '--service-token', tokens.service]);
    const rotated = await run([keys, 'rotate', '--name', 'one', '--key-file', file, '--delete-old', '--after', '1s']);
    expect(rotated).toContain('Ingestion Api Key deleted');
    expect(readFileSync(file, 'utf8').trimEnd()).toBe(stackState.keys()[0]?.apiKey);
    const behindProxy = { https_proxy: proxy.url, STS_CLI_URL: `https://stackstate.example:${stackState.port}` };
    expect(await run([keys, 'list', '-o', 'json'], behindProxy)).toContain('"name": "one"');
    expect(proxy.connects).toBe(1);
    await run([keys, 'delete', '--id', String(stackState.keys()[0]?.id)]);
    expect(stackState.keys()).toEqual([]);
    expect(readdirSync(alone)).toEqual(['sts']);
  },
);

test.skipIf(!canBuild || !isPlainRun)(
  withRuntime('two builds in two folders give the same files, with checksums, licences and a bill of materials'),
  { timeout: 240_000 },
  () => {
    const [one, another] = [copyOfRepository(), copyOfRepository()].map((repository) => {
      execFileSync(process.execPath, [join(repository, 'scripts', 'build.mjs')], { cwd: repository, stdio: 'pipe' });
      return makeExecutable(repository);
    });
    const sums = readFileSync(join(one ?? '', 'SHA256SUMS'), 'utf8');
    expect(readFileSync(join(another ?? '', 'SHA256SUMS'), 'utf8')).toBe(sums);
    const files = ['LICENCES.txt', 'sbom.cdx.json', 'sts'].map((name) => `${thisPlatform}/${name}`);
    expect(sums).toBe(files.map((file) => `${sha256(join(one ?? '', file))}  ${file}\n`).join(''));
    expect(readFileSync(join(one ?? '', thisPlatform, 'LICENCES.txt'), 'utf8')).toMatch(/^undici \d[\s\S]*^Bun \d/m);
    const bom = JSON.parse(readFileSync(join(one ?? '', thisPlatform, 'sbom.cdx.json'), 'utf8'));
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', metadata: { component: { type: 'application' } } });
    const names = bom.components.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['commander', 'undici', 'yaml', 'zod', expect.stringMatching(/^@oven\/bun-/)]));
    expect(names).not.toContain('vitest');
  },
);

/** What a clone has after `npm ci`, in a folder of its own. */
function copyOfRepository(): string {
  const folder = tempFolder();
  for (const name of ['bin', 'scripts', 'src', 'LICENSE', 'package.json', 'package-lock.json', 'tsconfig.json', '.npmrc'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  if (existsSync(join(root, '.git'))) symlinkSync(join(root, '.git'), join(folder, '.git'));
  mkdirSync(join(folder, 'node_modules'));
  const bundled = packagesIn(join(root, 'dist')).map((name) => name.replace(/@[^@]+$/, '').split('/')[0]);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(folder, 'node_modules', name)];
    // The paths of the others do not matter: nothing of them gets into the executable.
    if (bundled.includes(name)) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    else if (!name.startsWith('.run-')) symlinkSync(from, to);
  }
  return folder;
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
