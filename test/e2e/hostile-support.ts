import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type Fault,
  type FaultOptions,
  type RouteName,
  type StackState,
  type StackStateOptions,
  tokens,
} from '../stackstate/server.ts';
import { type BuiltOptions, type BuiltResult, environmentFor, startBuilt, wordsOf } from '../support/built.ts';
import { count } from '../support/counts.ts';
import { startForTest, tempFolder } from '../support/run.ts';
import { type Subject, subjects } from './hostile-subjects.ts';

/** Id of the first key, and of the first token, that the simulated StackState of a world makes. */
export const firstId = 250_558_013_078_953n;

/** What one case has to play with. */
export interface World {
  readonly stackState: StackState;
  /** Makes a credential of the kind that the case is about, past the API. */
  seed(facts: { readonly name: string; readonly id?: bigint; readonly lastUpdateTimestamp?: bigint }): void;
  /** An empty folder; the program is told nothing of it. */
  readonly folder: string;
  /** Where a key file would go: `ingestion.key` in that folder. */
  readonly path: string;
}

/** One row of a fault table: what is done to the program, and what must come of it. It is written for keys, and holds for tokens too. */
export interface FaultCase {
  readonly title: string;
  /** What is different where tokens are made in place of keys; false: the row means nothing there. */
  readonly forTokens?: Partial<Omit<FaultCase, 'forTokens'>> | false;
  /** Flags after `ingestion-api-key create --name faulty`, or a whole command line. */
  readonly flags?: readonly string[] | ((world: World) => readonly string[]);
  readonly argv?: readonly string[] | ((world: World) => readonly string[]);
  readonly faults?: readonly (readonly [RouteName | 'any', Fault, FaultOptions?])[];
  readonly server?: StackStateOptions;
  readonly streams?: Pick<BuiltOptions, 'stdin' | 'stdout' | 'stderr'>;
  readonly env?: BuiltOptions['env'];
  /** Shell commands before the program becomes the shell: `ulimit -f 0`. */
  readonly limits?: string;
  /** Makes the disk what it is before the program starts. */
  readonly before?: (world: World) => void;
  /** Done by the server after it made the key and before it answers. */
  readonly afterCreation?: (world: World) => void | Promise<void>;
  readonly code: number;
  /** What the server saw, in order: `POST`, `GET`, `DELETE <id>`; ids of keys made here are `#1`, `#2` ... */
  readonly requests: readonly string[];
  /** The list is looked at again for some seconds: how often depends on the machine, and `requests` has it once. */
  readonly listsAgain?: boolean;
  /** Names of the keys left, in order of creation; default none. */
  readonly keys?: readonly string[];
  /** Where the key itself must stand; nowhere by default. */
  readonly delivered?: 'stdout' | 'file';
  /** Must stand on stdout, or all that stands there; default nothing but a delivered key's result. */
  readonly stdout?: string | RegExp;
  readonly stderr?: readonly (string | RegExp)[];
  /** Must not stand on stderr. */
  readonly silent?: readonly (string | RegExp)[];
  /** Names in the folder afterwards; default what `before` put there, and the key file where it was delivered. */
  readonly left?: readonly string[];
  /** Whatever else must hold. */
  readonly after?: (world: World, result: BuiltResult) => void;
}

/** How often `check` was called in this file. */
let tried = 0;

/** Runs tables of rows for both kinds, and counts them with all others that this file checks. */
export function checkSuites(suites: readonly (readonly [string, readonly FaultCase[]])[]): void {
  afterAll(() => count('fault cases', tried));
  describe.each(Object.values(subjects))('$title', (subject) => {
    describe.each(suites)('%s', (_, rows) => {
      test.each(rows.flatMap((row) => subject.rowsOf(row)))('$title', (row) => check(row, subject));
    });
  });
}

/** Runs one row against the built program and looks at everything. */
export async function check(row: FaultCase, subject: Subject = subjects.keys): Promise<void> {
  tried += 1;
  let world: World | undefined;
  const stackState = await startForTest({
    now: Date.now,
    firstId,
    firstTokenId: firstId,
    ...row.server,
    onStage: async (stage, request) => {
      if (stage === 'handled' && request.route === subject.route('create') && world !== undefined)
        await row.afterCreation?.(world);
    },
  });
  const folder = tempFolder();
  world = { stackState, folder, path: join(folder, 'ingestion.key'), seed: (facts) => subject.seed(stackState, facts) };
  for (const [route, fault, options] of row.faults ?? []) stackState.setFault(subject.route(route), fault, options);
  row.before?.(world);
  const before = namesIn(folder);
  const result = await run(row, world, subject);

  expectHarmless(result);
  const key = subject.madeBy(stackState).find(({ name }) => name === 'faulty')?.secret;
  // What the server saw comes first: the worst that can happen is a second key.
  const all = stackState.requests.map(({ method, path }) => nameRequest(method, path, subject.collection));
  const seen = row.listsAgain ? all.filter((name, index) => name !== 'GET' || all[index - 1] !== 'GET') : all;
  const told = `exit ${result.code ?? result.signal}\n${result.stdout}${result.stderr}`;
  expect(seen, told).toEqual(row.requests);
  expect(result.code, told).toBe(row.code);
  expect(subject.namesIn(stackState)).toEqual(row.keys ?? []);
  expectTold(row, result);
  if (key !== undefined) {
    expect(result.stdout.includes(key), 'the key stands on stdout').toBe(row.delivered === 'stdout');
    expect(result.stderr).not.toContain(key);
    const holds = existsSync(world.path) && lstatSync(world.path).isFile() && readFileSync(world.path, 'utf8').includes(key);
    expect(holds, 'the key stands in the file').toBe(row.delivered === 'file');
  }
  const expected = row.left ?? (row.delivered === 'file' ? [...new Set([...before, 'ingestion.key'])].sort() : before);
  expect(namesIn(folder)).toEqual(expected);
  row.after?.(world, result);
}

function expectTold(row: FaultCase, { stdout, stderr }: BuiltResult): void {
  if (row.stdout !== undefined) expect(stdout).toMatch(row.stdout);
  else if (row.delivered === undefined) expect(stdout).toBe('');
  for (const text of row.stderr ?? []) expect(stderr).toMatch(text);
  for (const text of row.silent ?? []) expect(stderr).not.toMatch(text);
}

/** Every failure says what it is, and no stream ever carries what a terminal could act upon, a stack or a token. */
export function expectHarmless({ stdout, stderr }: Pick<BuiltResult, 'stdout' | 'stderr'>): void {
  for (const text of [stdout, stderr]) {
    expect(rawControls(text), text).toEqual([]);
    expect(text).not.toMatch(/^\s+at .+[:(]\d+|node:internal|Unexpected failure|\[object |UnhandledPromise|Node\.js v\d/m);
    for (const token of Object.values(tokens)) expect(text).not.toContain(token);
  }
}

/** Characters that a terminal could act upon; a newline is what ends our own lines. */
export function rawControls(text: string): string[] {
  const found = text.match(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu) ?? [];
  return found.map((character) => `U+${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `DELETE #1` for the first credential made here, else the method, and the path where it is no route of the collection. */
function nameRequest(method: string, path: string, collection: string): string {
  const id = path.startsWith(`${collection}/`) ? path.slice(collection.length + 1) : undefined;
  if (id !== undefined) return `${method} #${BigInt(id) - firstId + 1n}`;
  return path === collection ? method : `${method} ${path.replace(/^\/api\//, '')}`;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

async function run(row: FaultCase, world: World, subject: Subject): Promise<BuiltResult> {
  const { limits, streams = {}, env } = row;
  const argv = argvOf(row, world, subject);
  const environment = { STS_CLI_URL: world.stackState.url, STS_CLI_SERVICE_TOKEN: tokens.service, ...env };
  if (limits === undefined) return startBuilt(argv, { ...streams, env: environment }).result;
  return runLimited(limits, argv, { env: environment });
}

/** The command line of a row. */
export function argvOf(
  { argv, flags = [] }: Pick<FaultCase, 'argv' | 'flags'>,
  world: World,
  { create }: Subject = subjects.keys,
): readonly string[] {
  if (argv !== undefined) return typeof argv === 'function' ? argv(world) : argv;
  return [...create, '--name', 'faulty', ...(typeof flags === 'function' ? flags(world) : flags)];
}

/** Runs the built program from a shell that has set something up for it: limits, a folder, file descriptors. */
export async function runLimited(
  setUp: string,
  argv: readonly string[],
  options: Pick<BuiltOptions, 'env' | 'home'> = {},
): Promise<BuiltResult> {
  const words = [...wordsOf(), ...argv];
  const child: ChildProcess = spawn('/bin/sh', ['-c', `${setUp}\nexec "$@"`, 'sh', ...words], {
    env: environmentFor(options),
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  child.stdin?.on('error', () => {});
  child.stdin?.end();
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => done({ code, signal, ...output }));
  });
}

const isRoot = process.getuid?.() === 0;

/**
 * A folder that takes no new file, also from root: by its mode, else by a read-only file system.
 * @returns its path, below `parent` where that can be done.
 */
export function readOnlyFolder(parent: string): string {
  const folder = join(parent, 'read-only');
  mkdirSync(folder);
  if (!isRoot) {
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    return folder;
  }
  // Root may write everywhere but where the kernel says no.
  return mount(folder, 'ro') ? folder : '/sys';
}

/** A file system of a few kilobytes in this folder; false where this machine does not let us mount one. */
export function mountTiny(folder: string, kilobytes: number): boolean {
  return mount(folder, `size=${kilobytes}k`);
}

let mountable: boolean | undefined;

/** Whether this machine lets us mount file systems. */
export function canMount(): boolean {
  mountable ??= tryToMount();
  return mountable;
}

/**
 * The title of a case that wants a file system of its own. Where none can be mounted, another case takes its place, and says so; in few
 * words, since long titles are cut.
 */
export function mounted(title: string, instead: string): string {
  return canMount() ? title : `no mount: ${instead}`;
}

/** The same for a case with `readOnlyFolder`, which only root needs a file system for. */
export function readOnly(title: string, instead: string): string {
  return isRoot ? mounted(title, instead) : title;
}

/** Fills the file system of a folder to the last byte. Only for a small one. */
export function pour(folder: string): void {
  try {
    for (let number = 0; ; number++) writeFileSync(join(folder, `filler-${number}`), 'x'.repeat(1024));
  } catch {
    // Full is what it was to become.
  }
}

function mount(folder: string, options: string): boolean {
  if (!canMount()) return false;
  mountTemporary(folder, options);
  onTestFinished(() => unmount(folder));
  return true;
}

function tryToMount(): boolean {
  unmountLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'sts-mount-'));
  try {
    mountTemporary(folder, 'size=4k');
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A temporary file system has no device: the name in its place tells whose it is. */
const ownDevice = 'sts-test-process-';

function mountTemporary(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, `${ownDevice}${process.pid}`, folder], { stdio: 'ignore' });
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
}

/** Takes away what runs left mounted that were killed. Other runs may be at work: theirs is left alone. */
function unmountLeftovers(): void {
  if (!existsSync('/proc/self/mounts')) return;
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [device = '', folder = ''] = line.split(' ');
    const owner = device.startsWith(ownDevice) ? Number(device.slice(ownDevice.length)) : Number.NaN;
    const ours = folder.startsWith(join(tmpdir(), 'sts-test-')) || folder.startsWith(join(tmpdir(), 'sts-mount-'));
    if (!ours || !Number.isInteger(owner) || existsSync(`/proc/${owner}`)) continue;
    try {
      unmount(folder);
    } catch {
      // Another run has just done the same.
    }
  }
}
