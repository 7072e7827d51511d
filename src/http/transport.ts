import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { StsError } from '../errors.ts';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import { codeOf, DeadlineError, TooLargeError } from './failure.ts';

export interface TransportOptions extends ConnectionOptions {
  /** Deadline for one request with all its repetitions, in milliseconds. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Encoded path and query, from the root of the server. */
  readonly path: string;
  readonly body?: string;
  /** Sent besides those of the transport. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives the request up. One that changes something is not given up once it was sent: how it ended must be known. */
  readonly signal?: AbortSignal;
  /** Whether the request changes something. */
  readonly changes: boolean;
  /** Called at the start of each body with status 200: takes the body's chunks, and the answer's `body` stays empty. */
  readonly sink?: () => (chunk: Uint8Array) => void;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly location: string | undefined;
  /** The server's clock, milliseconds since the epoch. */
  readonly serverTime: number | undefined;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

/** A request that got no whole answer. */
export class TransportError extends Error {
  constructor(
    /** Whether any of the request may have reached the server. */
    readonly sent: boolean,
    override readonly cause: unknown,
  ) {
    super('no answer');
  }
}

const bodyLimit = 64 * 1024 * 1024;
const retries = 3;
const longestWaitMs = 10_000;
const busy = new Set([429, 502, 503, 504]);

/** Sends requests to one server, each under one deadline that covers connecting, repeating and the last byte of the body. */
export class Transport {
  readonly #options: TransportOptions;
  #connection: Promise<Connection> | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /**
   * Sends a request; a GET is repeated after a lost connection, 429, 502, 503 and 504. Redirects are answers like any other.
   * @throws TransportError when no whole answer came; the signal's reason when the request was given up; ConfigError.
   */
  async send(request: TransportRequest): Promise<HttpResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    const deadline = new DeadlineError(this.#options.timeoutMs);
    const ended = new AbortController();
    const sent = { yes: false };
    const giveUp = () => {
      if (!request.changes || !sent.yes) ended.abort(signal?.reason);
    };
    const timer = setTimeout(() => ended.abort(deadline), this.#options.timeoutMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    // undici ignores a signal until the socket is connected; destroying the connection ends every state within milliseconds.
    ended.signal.addEventListener('abort', () => void this.#destroy(asError(ended.signal.reason)), { once: true });
    try {
      return await this.#repeat(request, ended.signal, sent);
    } catch (error) {
      if (!(error instanceof TransportError) || !ended.signal.aborted) throw error;
      throw ended.signal.reason === deadline ? new TransportError(sent.yes, deadline) : ended.signal.reason;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  async close(): Promise<void> {
    await this.#destroy(new Error('closed'));
  }

  async #repeat(request: TransportRequest, ended: AbortSignal, sent: { yes: boolean }): Promise<HttpResponse> {
    const { now, sleep } = this.#options;
    const end = now() + this.#options.timeoutMs;
    for (let attempt = 1; ; attempt++) {
      const started = now();
      const outcome = await this.#attempt(request, ended, sent).catch(
        (error: unknown) => new TransportError(sent.yes, passOn(error)),
      );
      const mayRepeat = attempt <= retries && request.method === 'GET' && !ended.aborted;
      const backoff = mayRepeat ? waitBefore(attempt, outcome, now()) : undefined;
      // What will not be repeated in time is better known now.
      const wait = backoff !== undefined && now() + backoff < end ? backoff : undefined;
      this.#log(request, outcome, now() - started, wait);
      if (wait === undefined) {
        if (outcome instanceof TransportError) throw outcome;
        return outcome;
      }
      await sleep(wait, ended).catch((error: unknown) => {
        throw new TransportError(sent.yes, error);
      });
    }
  }

  async #attempt(
    { method, path, body, headers, sink }: TransportRequest,
    ended: AbortSignal,
    sent: { yes: boolean },
  ): Promise<HttpResponse> {
    // The one public word of undici on whether a request has left: a tunnel's CONNECT is another request.
    const noteSent = (message: unknown) => {
      if ((message as { request?: { method?: string } }).request?.method === method) sent.yes = true;
    };
    subscribe('undici:client:sendHeaders', noteSent);
    try {
      this.#connection ??= openConnection(this.#options);
      const connection = await this.#connection;
      ended.throwIfAborted();
      const response = await connection.request({
        method,
        path,
        headers: {
          ...this.#options.headers,
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body ?? null,
      });
      return {
        status: response.statusCode,
        contentType: headerOf(response.headers, 'content-type'),
        location: headerOf(response.headers, 'location'),
        serverTime: timeOf(headerOf(response.headers, 'date')),
        retryAfter: headerOf(response.headers, 'retry-after'),
        body: await readBody(response.body, response.statusCode === 200 ? sink?.() : undefined),
      };
    } finally {
      unsubscribe('undici:client:sendHeaders', noteSent);
    }
  }

  async #destroy(reason: Error): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    // One that could not be opened has told so already.
    await connection?.then(
      (opened) => opened.destroy(reason),
      () => {},
    );
  }

  #log({ method, path }: TransportRequest, outcome: HttpResponse | TransportError, ms: number, wait: number | undefined): void {
    const end = outcome instanceof TransportError ? `failed (${codeOf(outcome.cause) ?? 'no answer'})` : String(outcome.status);
    const again = wait === undefined ? '' : `, repeated in ${Math.round(wait)} ms`;
    this.#options.log(`${method} ${new URL(this.#options.url).origin}${path} ${end} in ${Math.round(ms)} ms${again}`);
  }
}

/** Settings that cannot be used are no failure of the network. */
function passOn(error: unknown): unknown {
  if (error instanceof StsError) throw error;
  return error;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('given up');
}

/** Milliseconds to wait before a GET is repeated, or undefined where repeating is of no use. */
function waitBefore(attempt: number, outcome: HttpResponse | TransportError, now: number): number | undefined {
  const backoff = 100 * 2 ** attempt * (0.5 + Math.random() / 2);
  if (outcome instanceof TransportError) {
    const code = codeOf(outcome.cause) ?? '';
    return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET', 'EAI_AGAIN'].includes(code)
      ? backoff
      : undefined;
  }
  if (!busy.has(outcome.status)) return undefined;
  const { retryAfter } = outcome;
  if (retryAfter === undefined) return backoff;
  const asked = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return Number.isFinite(asked) ? Math.min(Math.max(asked, backoff), longestWaitMs) : backoff;
}

async function readBody(body: AsyncIterable<Uint8Array>, sink?: (chunk: Uint8Array) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > bodyLimit) throw new TooLargeError('more than 64 MiB');
    if (sink === undefined) chunks.push(chunk);
    else sink(chunk);
  }
  return Buffer.concat(chunks);
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function timeOf(date: string | undefined): number | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}
