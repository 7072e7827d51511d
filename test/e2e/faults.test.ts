import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  canMount,
  check,
  checkSuites,
  type FaultCase,
  firstId,
  mounted,
  mountTiny,
  pour,
  readOnly,
  readOnlyFolder,
  type World,
} from './hostile-support.ts';

// Where a key goes, and all that can be wrong with it: before there is a key, and after.

const toFile = ({ path }: World) => ['--key-file', path];
const toFileByForce = ({ path }: World) => ['--key-file', path, '--force'];
const deletedAgain = ['The new key was deleted again'];
const notDeleted = [
  'The new key 250558013078953 could not be deleted again',
  'sts ingestion-api-key delete --id 250558013078953',
];
/** After a deletion the list is asked whether it is true. */
const undone = { code: 6, requests: ['POST', 'DELETE #1', 'GET'], stderr: deletedAgain };
/** A run with a journal begins with what there is. */
const undoneFile = { ...undone, requests: ['GET', ...undone.requests] };
const mountable = canMount();
/** In this form the longest key takes more room than is kept free for a document. */
const longForm = ['--key-format', 'dotenv', '--key-var', 'K'.repeat(250)];
const hugeKey = ['create', { kind: 'body', text: answerWith(`iapikeyok-${'k'.repeat(8000)}`) }] as const;
const refused = { code: 6, requests: [] };
const full = { streams: { stdout: 'full' } } as const;

const beforehand: FaultCase[] = [
  { title: 'stdout closed', streams: { stdout: 'closed' }, ...refused, stderr: ['Standard output is closed', '--key-file'] },
  { title: 'stdout null', streams: { stdout: 'null' }, ...refused, stderr: ['the null device', '--key-file'] },
  { title: 'stdout closed, JSON', flags: ['-o', 'json'], streams: { stdout: 'closed' }, ...refused, stderr: ['"exit-code": 6'] },
  { title: 'stdout null, JSON', flags: ['-o', 'json'], streams: { stdout: 'null' }, ...refused, stderr: ['"exit-code": 6'] },
  { title: 'stdout and stderr closed', streams: { stdout: 'closed', stderr: 'closed' }, ...refused },
  { title: 'stdout closed, the document on it', flags: ['--key-file', '-'], streams: { stdout: 'closed' }, ...refused },
  { title: 'stdout null, the document on it', flags: ['--key-file', '-'], streams: { stdout: 'null' }, ...refused },
  {
    title: 'stdout closed, a Secret on it',
    flags: ['--key-file', '-', '--key-format', 'kubernetes-secret'],
    streams: { stdout: 'closed' },
    ...refused,
  },
  {
    title: 'an existing file',
    flags: toFile,
    before: ({ path }) => writeFileSync(path, 'mine'),
    ...refused,
    stderr: ['exists already', '--force'],
    after: ({ path }) => expect(readFileSync(path, 'utf8')).toBe('mine'),
  },
  { title: 'an existing empty file', flags: toFile, before: ({ path }) => writeFileSync(path, ''), ...refused },
  ...symlinks(),
  {
    title: 'a FIFO',
    flags: toFileByForce,
    before: ({ path }) => void execFileSync('mkfifo', [path]),
    ...refused,
    stderr: ['not a regular file'],
  },
  { title: 'a folder', flags: toFileByForce, before: ({ path }) => mkdirSync(path), ...refused, stderr: ['is a folder'] },
  { title: 'a folder with a file in it', flags: toFileByForce, before: folderWithFile, ...refused, stderr: ['is a folder'] },
  {
    title: 'the null device as the file',
    flags: ['--key-file', '/dev/null', '--force'],
    ...refused,
    stderr: ['not a regular file'],
  },
  { title: 'the full device as the file', flags: ['--key-file', '/dev/full', '--force'], ...refused },
  { title: 'the own stdout as the file', flags: ['--key-file', '/dev/stdout', '--force'], ...refused },
  {
    title: 'a path under a file',
    flags: ({ path }) => ['--key-file', `${path}/key`],
    before: ({ path }) => writeFileSync(path, ''),
    ...refused,
  },
  { title: 'a missing folder', flags: ({ folder }) => ['--key-file', join(folder, 'a/b/key')], ...refused, stderr: ['mkdir -p'] },
  {
    title: 'a name too long',
    flags: ({ folder }) => ['--key-file', join(folder, 'k'.repeat(300))],
    ...refused,
    stderr: ['too long'],
  },
  { title: 'a name with escapes', flags: ({ folder }) => ['--key-file', join(folder, 'a\u001b[31m\u202e\n/key')], ...refused },
  { title: 'a path that ends in a slash', flags: ({ folder }) => ['--key-file', `${folder}/`], code: 3, requests: [] },
  { title: 'an empty path', flags: ['--key-file', ''], code: 3, requests: [] },
  {
    title: readOnly('a read-only folder', 'a folder of /sys'),
    flags: ({ folder }) => ['--key-file', join(readOnlyFolder(folder), 'key')],
    ...refused,
    left: ['read-only'],
    stderr: [/read-only|permission denied|not permitted/],
  },
  {
    title: readOnly('a read-only folder, with --force', 'a folder of /sys, --force'),
    flags: ({ folder }) => ['--key-file', join(readOnlyFolder(folder), 'key'), '--force'],
    ...refused,
    left: ['read-only'],
  },
  {
    title: mounted('a full file system', 'no file may grow'),
    flags: inTiny(4),
    before: fillTiny,
    ...withoutMount('ulimit -f 0'),
    ...refused,
    left: ['tiny'],
    stderr: ['cannot be written'],
  },
  { title: 'no file may grow', flags: toFile, limits: 'ulimit -f 0', ...refused, stderr: ['cannot be written'] },
  {
    title: 'a disk with room for a part of the document',
    flags: ({ path }) => ['--key-file', path, '--key-format', 'dotenv', '--key-var', 'K'.repeat(250)],
    limits: 'ulimit -f 1',
    ...refused,
    stderr: ['cannot be written'],
  },
];

const afterwards: FaultCase[] = [
  { title: 'a full device on stdout', ...full, ...undone, stderr: [...deletedAgain, 'ENOSPC', '--key-file'] },
  {
    title: 'a full device on stdout, JSON',
    flags: ['-o', 'json'],
    ...full,
    ...undone,
    stderr: ['"exit-code": 6', 'deleted again'],
  },
  { title: 'a full device on stdout, the document on it', flags: ['--key-file', '-'], ...full, ...undone },
  { title: 'full devices on both', streams: { stdout: 'full', stderr: 'full' }, ...undone, stderr: [] },
  { title: 'full on stdout, stderr closed', streams: { stdout: 'full', stderr: 'closed' }, ...undone, stderr: [] },
  {
    title: 'the folder goes away',
    flags: toFile,
    afterCreation: ({ folder }) => rmSync(folder, { recursive: true }),
    ...undoneFile,
    left: [],
    // The list tells the id, and without its journal this run may be one that another has taken over from.
    forTokens: {
      requests: ['GET', 'POST'],
      keys: ['faulty'],
      stderr: ['it may be the key 250558013078953', 'sts ingestion-api-key delete --id 250558013078953'],
    },
  },
  {
    title: 'a file comes in between',
    flags: toFile,
    afterCreation: ({ path }) => writeFileSync(path, 'theirs'),
    ...undoneFile,
    left: ['ingestion.key'],
    after: ({ path }) => expect(readFileSync(path, 'utf8')).toBe('theirs'),
  },
  {
    title: 'a folder comes in between',
    flags: toFile,
    afterCreation: ({ path }) => mkdirSync(path),
    ...undoneFile,
    left: ['ingestion.key'],
  },
  {
    title: 'a folder comes, --force',
    flags: toFileByForce,
    afterCreation: ({ path }) => mkdirSync(path),
    ...undoneFile,
    left: ['ingestion.key'],
  },
  {
    title: 'a symlink comes in between, --force',
    flags: toFileByForce,
    afterCreation: ({ path, folder }) => symlinkSync(join(folder, 'elsewhere'), path),
    ...undoneFile,
    left: ['ingestion.key'],
  },
  {
    title: 'a file comes in between, --force',
    flags: toFileByForce,
    afterCreation: ({ path }) => writeFileSync(path, 'theirs', { mode: 0o644 }),
    code: 0,
    requests: ['GET', 'POST'],
    keys: ['faulty'],
    delivered: 'file',
    stdout: 'written to',
    // A file that is there keeps its mode.
    after: ({ path }) => expect(statSync(path).mode & 0o777).toBe(0o644),
  },
  {
    title: 'a key larger than the disk has room for',
    flags: (world) => [...toFile(world), ...longForm],
    limits: 'ulimit -f 16',
    faults: [hugeKey],
    ...undoneFile,
  },
  {
    title: mounted('a key larger than a tiny file system', 'a file may not grow that far'),
    flags: (world) => [...inTiny(16)(world), ...longForm],
    ...withoutMount('ulimit -f 16'),
    faults: [hugeKey],
    ...undoneFile,
    left: ['tiny'],
  },
  {
    title: mounted('a disk that fills up while the server works', 'a disk that fills up by its own'),
    flags: inTiny(32),
    afterCreation: fillTiny,
    ...(mountable ? {} : { ...withoutMount('ulimit -f 16'), faults: [hugeKey] }),
    ...undoneFile,
    left: ['tiny'],
  },
  {
    title: 'stdout full after the key went to a file',
    flags: toFile,
    ...full,
    code: 6,
    requests: ['GET', 'POST'],
    keys: ['faulty'],
    delivered: 'file',
    stderr: ['250558013078953', 'is in '],
  },
];

const undoFails: FaultCase[] = [
  ['500', { kind: 'status', status: 500 }, ['GET']],
  ['403', { kind: 'status', status: 403 }, []],
  ['401', { kind: 'status', status: 401 }, []],
  ['302', { kind: 'redirect', to: 'https://elsewhere.test/' }, []],
  ['a reset', { kind: 'reset' }, ['GET']],
  ['no answer', { kind: 'stall' }, ['GET']],
  ['bytes that are not HTTP', { kind: 'raw', bytes: '\u001b]0;evil\u0007\r\n' }, ['GET']],
].map(([what, fault, lookedUp]) => ({
  title: `the undo meets ${what}`,
  flags: ['--timeout', '700ms'],
  ...full,
  faults: [['delete', fault]],
  code: 6,
  requests: ['POST', 'DELETE #1', ...(lookedUp as string[])],
  keys: ['faulty'],
  stderr: notDeleted,
})) as FaultCase[];

const undoWorks: FaultCase[] = [
  {
    title: 'the key is gone already when it is undone',
    ...full,
    faults: [['delete', { kind: 'status', status: 404, body: '{"_type":"NotFoundError","message":"gone"}', handler: 'run' }]],
    ...undone,
    requests: ['POST', 'DELETE #1', 'GET', 'GET'],
  },
  {
    title: 'the undo works but its response is lost',
    ...full,
    faults: [['delete', { kind: 'reset', handler: 'run' }]],
    ...undone,
    requests: ['POST', 'DELETE #1', 'GET', 'GET'],
  },
  {
    title: 'the undo works and is answered 500',
    ...full,
    faults: [['delete', { kind: 'status', status: 500, handler: 'run' }]],
    ...undone,
    requests: ['POST', 'DELETE #1', 'GET', 'GET'],
  },
  {
    title: 'the undo of a key file fails',
    flags: toFile,
    afterCreation: ({ path }) => mkdirSync(path),
    faults: [['delete', { kind: 'status', status: 500 }]],
    code: 6,
    requests: ['GET', 'POST', 'DELETE #1', 'GET'],
    keys: ['faulty'],
    stderr: notDeleted,
    left: ['ingestion.key', 'ingestion.key.sts-pending'],
  },
  {
    title: 'the undo fails, JSON',
    flags: ['-o', 'json'],
    ...full,
    faults: [['delete', { kind: 'status', status: 500 }]],
    code: 6,
    requests: ['POST', 'DELETE #1', 'GET'],
    keys: ['faulty'],
    stderr: [...notDeleted, '"exit-code": 6'],
  },
];

const delivered: FaultCase[] = [
  { title: 'stderr closed', streams: { stderr: 'closed' }, ...done('stdout') },
  { title: 'stderr full', flags: ['-v'], streams: { stderr: 'full' }, ...done('stdout') },
  // Node puts the null device in the place of what was closed, so the two cannot be told apart.
  { title: 'stdout closed, the key in a file', flags: toFile, streams: { stdout: 'closed' }, ...done('file') },
  { title: 'stderr null', streams: { stderr: 'null' }, ...done('stdout') },
  { title: 'stdin closed', streams: { stdin: { state: 'closed' } }, ...done('stdout') },
  { title: 'stdin and stderr closed', streams: { stdin: { state: 'closed' }, stderr: 'closed' }, ...done('stdout') },
  { title: 'the null device, the key in a file', flags: toFile, streams: { stdout: 'null' }, ...done('file') },
  {
    title: 'an existing file, --force',
    flags: toFileByForce,
    before: ({ path }) => writeFileSync(path, 'old', { mode: 0o640 }),
    ...done('file'),
    stderr: ['can be read by others (mode 0640)'],
    after: ({ path }) => expect(statSync(path).mode & 0o777).toBe(0o640),
  },
  {
    title: 'a file that others have linked, --force',
    flags: toFileByForce,
    before: ({ path, folder }) => {
      writeFileSync(join(folder, 'other'), 'old');
      execFileSync('ln', [join(folder, 'other'), path]);
    },
    ...done('file'),
    after: ({ folder }) => expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('old'),
  },
  { title: 'a umask that lets everybody in', flags: toFile, limits: 'umask 000', ...done('file'), after: isPrivate },
  { title: 'a umask that lets nobody in', flags: toFile, limits: 'umask 777', ...done('file'), after: isPrivate },
];

const suites: readonly [string, readonly FaultCase[]][] = [
  ['nothing is created that cannot be delivered', beforehand],
  ['what could not be delivered is deleted again', afterwards],
  ['what could not be deleted again is named, with the command that does it', undoFails],
  ['an undo is judged by what is left', undoWorks],
  ['what does not hinder the delivery does not stop it', delivered],
];

checkSuites(suites);

test('a socket as the key file is refused', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await check({
    title: 'a socket',
    flags: toFileByForce,
    before: ({ path }) => void server.listen(path),
    ...refused,
    stderr: ['not a regular file'],
    left: ['ingestion.key'],
  });
});

function done(where: 'stdout' | 'file') {
  return {
    code: 0,
    requests: where === 'stdout' ? ['POST'] : ['GET', 'POST'],
    keys: ['faulty'],
    delivered: where,
  } as const;
}

function symlinks(): FaultCase[] {
  const targets = { 'a file': 'target', 'a folder': '.', nothing: 'missing', itself: 'ingestion.key' };
  return Object.entries(targets).map(([what, target]) => ({
    title: `a symlink to ${what}`,
    flags: toFileByForce,
    before: ({ path, folder }) => {
      writeFileSync(join(folder, 'target'), 'theirs');
      symlinkSync(target, path);
    },
    ...refused,
    stderr: ['symbolic link'],
    after: ({ folder }) => expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('theirs'),
  }));
}

function folderWithFile({ path }: World): void {
  mkdirSync(path);
  writeFileSync(join(path, 'file'), '');
}

/** A key file on a file system of its own, of some kilobytes where one can be mounted. */
function inTiny(kilobytes: number): (world: World) => readonly string[] {
  return ({ folder }) => ['--key-file', join(tiny(folder, kilobytes), 'key')];
}

function tiny(folder: string, kilobytes = 4): string {
  const disk = join(folder, 'tiny');
  if (existsSync(disk)) return disk;
  mkdirSync(disk);
  mountTiny(disk, kilobytes);
  return disk;
}

/** A limit that stands for a small disk on a machine that lets us mount none. */
function withoutMount(limits: string): Pick<FaultCase, 'limits'> {
  return mountable ? {} : { limits };
}

function fillTiny({ folder }: World): void {
  if (mountable) pour(tiny(folder));
}

function answerWith(apiKey: string): string {
  return `{"id":${firstId},"lastUpdateTimestamp":1,"name":"faulty","apiKey":"${apiKey}"}`;
}

function isPrivate({ path }: World): void {
  expect(statSync(path).mode & 0o777).toBe(0o600);
}
