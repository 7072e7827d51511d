import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { getResponse } from 'msw';
import { type CertificateOptions, createCertificate } from './certificates.ts';
import { type Answer, type Fault, misbehave, send } from './faults.ts';
import { type Api, type ApiOptions, createApi, type IntakeCounts, origin, type RouteName } from './handlers.ts';
import { listen } from './listen.ts';
import { KeyStore, type KeyStoreOptions, type StoredKey } from './store.ts';

export type { CertificateOptions } from './certificates.ts';
export type { Fault } from './faults.ts';
export { type KnownToken, type RouteName, tokens } from './handlers.ts';
export type { StoredKey } from './store.ts';

export interface StackStateOptions extends ApiOptions, KeyStoreOptions {
  /** HTTPS with a certificate of its own; an object makes the certificate a bad one. */
  readonly tls?: boolean | CertificateOptions;
  /** Port of 127.0.0.1; default 0, which takes a free one. */
  readonly port?: number;
  /** An existing store, to start a second server over the same keys. */
  readonly store?: KeyStore;
  /** Called, and awaited, at each stage of a request: to stop time, or to kill somebody. */
  readonly onStage?: (stage: Stage, request: SeenRequest) => void | Promise<void>;
}

/** Before the handler ran; after it; once the answer was handed to the operating system. */
export type Stage = 'received' | 'handled' | 'answered';

export interface SeenRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly route: RouteName | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** By the injected clock, in milliseconds since the epoch. */
  readonly time: number;
  /** The handler's status; absent where it did not run. */
  status?: number;
}

export interface FaultOptions {
  /** How many requests it hits; default all. */
  readonly times?: number;
  /** How many requests go through first. */
  readonly skip?: number;
}

/** A running simulated StackState. */
export interface StackState {
  /** Base URL without trailing slash and without API path. */
  readonly url: string;
  readonly port: number;
  /** The authority to trust; empty without TLS. */
  readonly caPem: string;
  readonly store: KeyStore;
  readonly intake: IntakeCounts;
  /** Every request received, in order. */
  readonly requests: readonly SeenRequest[];
  /** Requests no route knows, as `METHOD path`. */
  readonly unmatched: readonly string[];
  readonly connections: number;
  /** Handshakes that were completed. */
  readonly tlsHandshakes: number;
  /** The keys that are not deleted. */
  keys(): readonly StoredKey[];
  /** Puts a key in, past all rules. */
  seed(key: Parameters<KeyStore['seed']>[0]): StoredKey;
  /** How many requests of a route were received. */
  count(route: RouteName): number;
  /** Makes a route, or every one, go wrong; replaces the route's former fault. */
  setFault(route: RouteName | 'any', fault: Fault, options?: FaultOptions): void;
  clearFaults(): void;
  /** @throws Error when a request matched no route. */
  expectNoUnmatched(): void;
  /** Ends all connections at once. @throws Error when a request matched no route. */
  close(): Promise<void>;
}

interface ActiveFault {
  readonly fault: Fault;
  skip: number;
  times: number;
}

/** Starts a simulated StackState on a real socket of 127.0.0.1. */
export async function startStackState(options: StackStateOptions = {}): Promise<StackState> {
  const store = options.store ?? new KeyStore(options);
  const api = createApi(store, options);
  const requests: SeenRequest[] = [];
  const unmatched: string[] = [];
  const faults = new Map<RouteName | 'any', ActiveFault>();
  const sockets = new Map<number | undefined, Socket>();
  const closing = new AbortController();
  const counts = { connections: 0, tlsHandshakes: 0 };

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.sendDate = false;
    response.setHeader('Date', new Date(store.now()).toUTCString());
    const request = await toRequest(message);
    const body = await request.clone().text();
    const route = await routeOf(api, request);
    const seen: SeenRequest = {
      method: message.method ?? '',
      path: message.url ?? '',
      route,
      headers: Object.fromEntries(request.headers),
      body,
      time: store.now(),
    };
    requests.push(seen);
    if (route === undefined) unmatched.push(`${seen.method} ${seen.path}`);
    await options.onStage?.('received', seen);
    const run = async () => {
      const result = await toAnswer(route === undefined ? undefined : await getResponse([api.routes[route]], request));
      seen.status = result.status;
      await options.onStage?.('handled', seen);
      return result;
    };
    response.once('finish', () => void options.onStage?.('answered', seen));
    const fault = takeFault(faults, route);
    const socket = sockets.get(message.socket.remotePort) ?? message.socket;
    if (fault === undefined) send(response, await run());
    else await misbehave(fault, { response, socket, closing: closing.signal, run });
  };

  const certificate = options.tls ? await createCertificate(options.tls === true ? {} : options.tls) : undefined;
  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    // A connection the client gave up is no failure of the server.
    answer(message, response).catch(() => message.socket.destroy());
  };
  const limits = { maxHeaderSize: 131_072 };
  const server: Server =
    certificate === undefined ? createServer(limits, onRequest) : createTlsServer({ ...limits, ...certificate }, onRequest);
  server.on('connection', (socket: Socket) => {
    // Below TLS there is a second event for the same connection: it is the TCP one that counts.
    if (sockets.has(socket.remotePort) || 'encrypted' in socket) return;
    const port = socket.remotePort;
    counts.connections += 1;
    sockets.set(port, socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(port));
  });
  server.on('secureConnection', () => {
    counts.tlsHandshakes += 1;
  });
  const port = await listen(server, options.port ?? 0);

  const expectNoUnmatched = () => {
    if (unmatched.length > 0) throw new Error(`The simulated StackState has no such route: ${unmatched.join(', ')}`);
  };
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    caPem: certificate?.caPem ?? '',
    store,
    intake: api.intake,
    requests,
    unmatched,
    get connections() {
      return counts.connections;
    },
    get tlsHandshakes() {
      return counts.tlsHandshakes;
    },
    keys: () => store.list(),
    seed: (key) => store.seed(key),
    count: (route) => requests.filter((request) => request.route === route).length,
    setFault(route, fault, { times = Number.POSITIVE_INFINITY, skip = 0 } = {}) {
      faults.set(route, { fault, skip, times });
    },
    clearFaults: () => faults.clear(),
    expectNoUnmatched,
    async close() {
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      });
      expectNoUnmatched();
    },
  };
}

async function toRequest(message: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const method = message.method ?? 'GET';
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const hasBody = method !== 'GET' && method !== 'HEAD' && chunks.length > 0;
  return new Request(origin + (message.url ?? '/'), { method, headers, ...(hasBody ? { body: Buffer.concat(chunks) } : {}) });
}

async function routeOf(api: Api, request: Request): Promise<RouteName | undefined> {
  for (const [name, handler] of Object.entries(api.routes)) {
    if (await handler.test({ request })) return name as RouteName;
  }
  return undefined;
}

async function toAnswer(response: Response | undefined): Promise<Answer> {
  if (response === undefined) {
    return { status: 404, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html><body>Not found</body></html>') };
  }
  const body = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

function takeFault(faults: Map<RouteName | 'any', ActiveFault>, route: RouteName | undefined): Fault | undefined {
  const active = (route === undefined ? undefined : faults.get(route)) ?? faults.get('any');
  if (active === undefined || active.times <= 0) return undefined;
  if (active.skip > 0) {
    active.skip -= 1;
    return undefined;
  }
  active.times -= 1;
  return active.fault;
}
