import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { expect, onTestFinished } from 'vitest';
import { StsError } from '../../src/errors.ts';
import type { KubernetesWorld } from '../../src/kubernetes/index.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { nodeProcesses } from '../../src/platform/node-processes.ts';
import type { ProcessOptions, ProcessResult } from '../../src/platform/processes.ts';
import type { Certificate } from '../stackstate/certificates.ts';
import { listen } from '../stackstate/listen.ts';

/** What a server saw of a request. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Each header line as it was sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** Common name of the client certificate. */
  readonly client: string | undefined;
  /** The host name asked for in the TLS handshake. */
  readonly serverName: string | undefined;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: object | string;
  /** The connection is closed in place of a response. */
  readonly hangUp?: boolean;
}

export interface TestServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** What is answered from now on. */
  reply: (request: SeenRequest) => Reply | Promise<Reply>;
}

export interface TestServerOptions {
  /** By https; else by http. */
  readonly certificate?: Certificate;
  /** The CA of the client certificates it asks for. */
  readonly clientCa?: string;
}

/** A server on 127.0.0.1 that records what it is asked, and is gone when the test has finished. */
export async function startServer(reply: TestServer['reply'], options: TestServerOptions = {}): Promise<TestServer> {
  const state: { reply: TestServer['reply'] } = { reply };
  const seen: SeenRequest[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse) => void answer(request, response, seen, state);
  const { certificate, clientCa } = options;
  const server =
    certificate === undefined
      ? createHttpServer(handle)
      : createHttpsServer(
          {
            cert: certificate.cert,
            key: certificate.key,
            ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
          },
          handle,
        );
  const port = await listen(server, 0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return Object.assign(state, { url, seen });
}

async function answer(request: IncomingMessage, response: ServerResponse, seen: SeenRequest[], state: Pick<TestServer, 'reply'>) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://server');
  const socket = request.socket as Partial<TLSSocket>;
  const name = socket.servername;
  const found: SeenRequest = {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)])),
    rawHeaders: request.rawHeaders.flatMap((text, index, all) => (index % 2 === 0 ? [`${text}: ${all[index + 1]}`] : [])),
    body: Buffer.concat(chunks).toString('utf8'),
    client: commonName(socket),
    serverName: typeof name === 'string' ? name : undefined,
  };
  seen.push(found);
  const { status = 200, headers = {}, body = {}, hangUp = false } = await state.reply(found);
  if (hangUp) return void request.socket.destroy();
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers });
  response.end(text);
}

function commonName(socket: Partial<TLSSocket>): string | undefined {
  const name = socket.getPeerCertificate?.().subject?.CN;
  return Array.isArray(name) ? name.join() : name;
}

export interface TestWorld extends KubernetesWorld {
  /** The programs that were run. */
  readonly runs: { readonly command: readonly string[]; readonly options: ProcessOptions }[];
}

export interface TestWorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: string;
  readonly cwd?: string;
  /** Whether stdin is a terminal. */
  readonly isTTY?: boolean;
  /** Files that are not on the disk, such as those of a pod, by their absolute paths. */
  readonly files?: Record<string, string>;
  /** In place of running a program. */
  readonly run?: (options: ProcessOptions) => Promise<Partial<ProcessResult>>;
  readonly now?: () => number;
  readonly sleep?: KubernetesWorld['sleep'];
}

/** A world of its own: nothing of this machine but the files and the programs of the test. */
export function testWorld(options: TestWorldOptions = {}): TestWorld {
  const runs: TestWorld['runs'] = [];
  const { files = {}, run } = options;
  const facts = { kind: 'file', mode: 0o600, uid: 0, gid: 0, size: 0, device: 0n, inode: 0n } as const;
  return {
    env: options.env ?? {},
    home: options.home,
    stdin: { isTTY: options.isTTY ?? false },
    runs,
    resolvePath: (path) => resolve(options.cwd ?? '/', path),
    disk: async () => ({
      async read(path, limit) {
        const text = files[path];
        return text === undefined ? nodeDisk.read(path, limit) : { text, bytes: Buffer.from(text), facts };
      },
    }),
    processes: async () => ({
      async run(command, runOptions) {
        if ('shell' in command) throw new Error('no shell is needed here');
        runs.push({ command, options: runOptions });
        if (run === undefined) return nodeProcesses.run(command, runOptions);
        return { code: 0, signal: null, timedOut: false, stdout: '', stderr: '', ...(await run(runOptions)) };
      },
    }),
    now: options.now ?? (() => Date.now()),
    monotonic: options.now ?? (() => performance.now()),
    sleep: options.sleep ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal })),
  };
}

/** Writes a file and the folders above it. @returns its path. */
export function write(folder: string, name: string, content: string | object, mode = 0o600): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2), { mode });
  return path;
}

export interface KubeconfigParts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
}

/** A kubeconfig with one context, `one`, whose cluster is `cluster-one` and whose user is `user-one`. */
export function kubeconfig({ cluster = {}, user, context = {} }: KubeconfigParts): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [{ name: 'cluster-one', cluster }],
    users: user === undefined ? [] : [{ name: 'user-one', user }],
    contexts: [
      { name: 'one', context: { cluster: 'cluster-one', ...(user === undefined ? {} : { user: 'user-one' }), ...context } },
    ],
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The error that an action ends in. @param kind its class. @throws what else it ends in. */
export async function refusal<T extends StsError = StsError>(
  act: Promise<unknown>,
  kind: abstract new (...args: never[]) => T = StsError as never,
): Promise<T> {
  const error = await act.then(
    () => new Error('it was taken'),
    (reason: unknown) => reason,
  );
  if (error instanceof kind) return error;
  throw error;
}

/** An error says none of these, neither in its hints nor in its causes. */
export function expectSecretFree(error: StsError, ...secrets: readonly string[]): void {
  const texts: string[] = [...error.hints];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) texts.push(cause.message, String(cause.stack));
  for (const secret of secrets) expect(texts.join('\n')).not.toContain(secret);
}

/** Whether kubectl is on this machine, to be asked how it reads the same files. */
export const hasKubectl = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
