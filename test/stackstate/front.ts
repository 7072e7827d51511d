import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createHttpServer, type TlsSettings, trackConnections } from './connections.ts';
import { type ActiveFault, type FaultOptions, takeFault } from './fault-choice.ts';
import { type Answer, type Fault, misbehave, send } from './faults.ts';
import { listen } from './listen.ts';

/** The stages of a request: before the handler, after it, and when the response was handed to the operating system. */
export type Stage = 'received' | 'handled' | 'answered';

export interface SeenRequest<Route extends string> {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly route: Route | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Emptied when the response was sent, because it may hold secrets, unless bodies are kept. */
  body: string;
  /** The time by the injected clock, in milliseconds since the epoch. */
  readonly time: number;
  /** The status of the handler; absent if it did not run. */
  status?: number;
}

export interface FrontOptions<Route extends string> {
  /** The name of the simulated server, for messages. */
  readonly name: string;
  /** Milliseconds since the epoch, for the `Date` header and the record of requests. */
  readonly now: () => number;
  /** Port of 127.0.0.1; default 0, which takes a free one. */
  readonly port?: number | undefined;
  /** HTTPS with this certificate; default HTTP. */
  readonly tls?: TlsSettings | undefined;
  /** Whether to keep the bodies of requests in their record; default false. */
  readonly keepBodies?: boolean | undefined;
  /** The default body for a `status` fault. */
  readonly errorBody: (status: number) => string;
  /** The route of a request; undefined if there is none. */
  readonly routeOf: (request: Request) => Route | undefined | Promise<Route | undefined>;
  readonly handle: (route: Route, request: Request, socket: Socket | TLSSocket) => Promise<Response | undefined>;
  /** Called and awaited at each stage of a request, for example to stop the clock or to kill a process. */
  readonly onStage?: ((stage: Stage, request: SeenRequest<Route>) => void | Promise<void>) | undefined;
}

/** A running HTTP server that records its requests and can be given faults. */
export interface Front<Route extends string> {
  readonly url: string;
  readonly port: number;
  /** Every request received, in order. */
  readonly requests: readonly SeenRequest<Route>[];
  /** Requests that match no route, as `METHOD path`. */
  readonly unmatched: readonly string[];
  readonly connections: number;
  /** The number of completed TLS handshakes. */
  readonly tlsHandshakes: number;
  /** How many requests of a route were received. */
  count(route: Route): number;
  /** Sets a fault for one route or for all. It replaces the previous fault of the route. */
  setFault(route: Route | 'any', fault: Fault, options?: FaultOptions<SeenRequest<Route>>): void;
  clearFaults(): void;
  /** @throws Error when a request matched no route, or a handler failed. */
  expectNoUnmatched(): void;
  /** Ends all connections at once. @throws Error when a request matched no route. */
  close(): Promise<void>;
}

/** The host that requests are rewritten to before a handler sees them. */
export const origin = 'http://stackstate.test';

/** The state of a running server. */
interface Memory<Route extends string> {
  readonly requests: SeenRequest<Route>[];
  readonly unmatched: string[];
  /** Errors that handlers threw. They are mistakes in the simulation. */
  readonly failures: unknown[];
  readonly faults: Map<Route | 'any', ActiveFault<SeenRequest<Route>>>;
  readonly closing: AbortController;
}

/** Starts a server on a real socket of 127.0.0.1. */
export async function startFront<Route extends string>(options: FrontOptions<Route>): Promise<Front<Route>> {
  const memory: Memory<Route> = { requests: [], unmatched: [], failures: [], faults: new Map(), closing: new AbortController() };
  const server = createHttpServer(options.tls, (message, response) => {
    const socket = sockets.get(message.socket.remotePort) ?? message.socket;
    // It is not a failure of the server if the client gives up the connection.
    answer(options, memory, { message, response, socket }).catch(() => message.socket.destroy());
  });
  const { sockets, counts } = trackConnections(server);
  const port = await listen(server, options.port ?? 0);
  const { requests, unmatched, failures, faults, closing } = memory;
  const expectNoUnmatched = () => {
    if (failures.length > 0) throw new Error(`The simulated ${options.name} failed.`, { cause: failures[0] });
    if (unmatched.length > 0) throw new Error(`The simulated ${options.name} has no such route: ${unmatched.join(', ')}`);
  };
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    unmatched,
    get connections() {
      return counts.connections;
    },
    get tlsHandshakes() {
      return counts.tlsHandshakes;
    },
    count: (route) => requests.filter((request) => request.route === route).length,
    setFault(route, fault, { times = Number.POSITIVE_INFINITY, skip = 0, when = () => true } = {}) {
      faults.set(route, { fault, skip, times, when });
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

interface Call {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** The TCP connection, below TLS. */
  readonly socket: Socket;
}

/** Records a request and responds to it as its route or its fault says. */
async function answer<Route extends string>(
  options: FrontOptions<Route>,
  { requests, unmatched, failures, faults, closing }: Memory<Route>,
  { message, response, socket }: Call,
): Promise<void> {
  response.sendDate = false;
  response.setHeader('Date', new Date(options.now()).toUTCString());
  const request = await toRequest(message);
  const route = await options.routeOf(request);
  const seen: SeenRequest<Route> = {
    method: message.method ?? '',
    path: message.url ?? '',
    route,
    headers: Object.fromEntries(request.headers),
    body: await request.clone().text(),
    time: options.now(),
  };
  requests.push(seen);
  if (route === undefined) unmatched.push(`${seen.method} ${seen.path}`);
  await options.onStage?.('received', seen);
  const run = async () => {
    const handled = route === undefined ? undefined : options.handle(route, request, message.socket);
    const result = await toAnswer(
      await handled?.catch((error: unknown) => {
        failures.push(error);
        throw error;
      }),
    );
    seen.status = result.status;
    await options.onStage?.('handled', seen);
    return result;
  };
  response.once('finish', () => void options.onStage?.('answered', seen));
  response.once('close', () => {
    if (options.keepBodies !== true) seen.body = '';
  });
  const fault = takeFault(faults, seen);
  if (fault === undefined) send(response, await run());
  else await misbehave(fault, { response, socket, closing: closing.signal, errorBody: options.errorBody, run });
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

async function toAnswer(response: Response | undefined): Promise<Answer> {
  if (response === undefined) {
    return { status: 404, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html><body>Not found</body></html>') };
  }
  const body = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}
