import { readBody } from './body.ts';
import { fetchedByBun, type Received, runsOnBun } from './bun.ts';
import type { Connection, ConnectionOptions, RequestHeaders } from './connection.ts';
import { blame, codeOf, DeadlineError, MalformedError, ProxyError, withoutVersion } from './failure.ts';

export interface TransportOptions extends ConnectionOptions {
  /** Deadline for one request including all its repetitions, in milliseconds. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** The current time in milliseconds since the epoch. It replaces the server's clock if a response has no `Date`. */
  readonly now: () => number;
  /** A monotonic clock in milliseconds. Default: `performance.now()`. */
  readonly monotonic?: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Encoded path and query, starting at the root of the server. */
  readonly path: string;
  readonly body?: string;
  /** Additional headers, which win over those of the transport. Names are in lower case. */
  readonly headers?: RequestHeaders;
  /** Cancels the request. A request that changes something is not cancelled once it was sent, because its outcome must be known. */
  readonly signal?: AbortSignal;
  /** Whether the request changes something. */
  readonly changes: boolean;
  /**
   * Called for each response with status 200. Gives a function that receives the chunks of the body; the `body` of the response then stays
   * empty.
   */
  readonly sink?: () => (chunk: Uint8Array) => void;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly location: string | undefined;
  /** The `WWW-Authenticate` header: the authentication scheme that the server demands. */
  readonly wwwAuthenticate: string | undefined;
  /** The server's time in milliseconds since the epoch. */
  readonly serverTime: number | undefined;
  /** How long the server asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly body: Uint8Array;
}

export type { HttpResponse as Answer };

/** A request that got no complete response. */
export class TransportError extends Error {
  constructor(
    /** Whether any part of the request may have reached the server. */
    readonly sent: boolean,
    override readonly cause: unknown,
  ) {
    super('no response');
  }
}

const retries = 3;
const busy = new Set([429, 502, 503, 504]);
/** Codes of failed or broken connections, for which another attempt may succeed. */
const passing = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET', 'EAI_AGAIN']);
/** With TLS 1.3, a server may refuse the handshake after the request was sent. In that case it has not read the request. */
const refusedHandshake = /^ERR_SSL_ALERT_(?:HANDSHAKE_FAILURE|\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)$/;

interface Sent {
  yes: boolean;
}

/** Sends requests to one server, each under one deadline that covers connecting, repeating and the last byte of the body. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #monotonic: () => number;
  #connection: Promise<Connection> | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
  }

  /**
   * Sends a request. A GET is repeated after a lost connection and after 429, 502, 503 and 504. A redirect is returned like any other
   * response.
   * @throws TransportError when no complete response arrived; the signal's reason when the request was cancelled; ConfigError. An error of
   * this program or its runtime is thrown unchanged, unless a request that changes something was sent. In that case it becomes a
   * TransportError, too.
   */
  async send(request: TransportRequest): Promise<HttpResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    const deadline = new DeadlineError(this.#options.timeoutMs);
    const ended = new AbortController();
    const sent: Sent = { yes: false };
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
      if (!ended.signal.aborted) throw error;
      throw ended.signal.reason === deadline ? new TransportError(sent.yes, deadline) : ended.signal.reason;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  async close(): Promise<void> {
    await this.#destroy(new Error('closed'));
  }

  async #repeat(request: TransportRequest, ended: AbortSignal, sent: Sent): Promise<HttpResponse> {
    const end = this.#monotonic() + this.#options.timeoutMs;
    for (let attempt = 1; ; attempt++) {
      const started = this.#monotonic();
      const outcome = await this.#attempt(request, ended, sent).catch((error: unknown) => failureOf(error, request, sent));
      const mayRepeat = attempt <= retries && request.method === 'GET' && !ended.aborted;
      const backoff = mayRepeat ? waitBefore(attempt, outcome) : undefined;
      const finished = this.#monotonic();
      // If the repetition would begin after the deadline, the present outcome is reported at once.
      const wait = backoff !== undefined && finished + backoff < end ? backoff : undefined;
      this.#log(request, outcome, finished - started, wait);
      if (wait === undefined) {
        if (outcome instanceof TransportError) throw outcome;
        return outcome;
      }
      await this.#options.sleep(wait, ended);
    }
  }

  async #attempt(request: TransportRequest, ended: AbortSignal, sent: Sent): Promise<HttpResponse> {
    const { method, path, body, headers, sink } = request;
    const message = {
      method,
      path,
      headers: {
        'accept-encoding': 'identity',
        ...this.#options.headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body ?? null,
      onSent: () => {
        sent.yes = true;
      },
    };
    if (runsOnBun && method === 'GET' && this.#connection === undefined) {
      const response = await fetchedByBun(this.#options, message, ended, (received) => this.#read(received, sink));
      if (response !== undefined) return response;
    }
    this.#connection ??= import('./connection.ts').then(({ openConnection }) => openConnection(this.#options));
    const connection = await this.#connection;
    ended.throwIfAborted();
    const response = await this.#read(await connection.request(message), sink);
    if (connection.malformed !== undefined) throw new MalformedError(connection.malformed);
    return response;
  }

  async #read({ statusCode: status, headers, body }: Received, sink: TransportRequest['sink']): Promise<HttpResponse> {
    const encoding = headers['content-encoding']?.toString();
    const read = await readBody(body, encoding, status === 200 ? sink?.() : undefined);
    const serverTime = timeOf(headerOf(headers, 'date'));
    return {
      status,
      contentType: headerOf(headers, 'content-type'),
      location: headerOf(headers, 'location'),
      wwwAuthenticate: headerOf(headers, 'www-authenticate'),
      serverTime,
      retryAfterMs: durationOf(headerOf(headers, 'retry-after'), serverTime ?? this.#options.now()),
      body: read,
    };
  }

  async #destroy(reason: Error): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    // An error while opening the connection was already reported by the request.
    await connection?.then(
      (opened) => opened.destroy(reason),
      () => {},
    );
  }

  #log({ method, path }: TransportRequest, outcome: HttpResponse | TransportError, ms: number, wait: number | undefined): void {
    const end = outcome instanceof TransportError ? `failed (${codeOf(outcome.cause) ?? 'no response'})` : String(outcome.status);
    const again = wait === undefined ? '' : `, repeated in ${Math.round(wait)} ms`;
    this.#options.log(`${method} ${new URL(this.#options.url).origin}${path} ${end} in ${Math.round(ms)} ms${again}`);
  }
}

/**
 * Classifies the failure of one attempt.
 * @throws the error itself if the settings, this program or its runtime caused it and the outcome of the request is known.
 */
function failureOf(error: unknown, { changes }: TransportRequest, sent: Sent): TransportError {
  // A proxy that refuses a request has not passed it on to the server.
  const reached = sent.yes && !(error instanceof ProxyError) && !refusedHandshake.test(withoutVersion(codeOf(error) ?? ''));
  if (blame(error) === 'program' && !(changes && reached)) throw error;
  return new TransportError(reached, error);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('given up');
}

/** How long to wait before a GET is repeated, in milliseconds; undefined if repeating cannot help. */
function waitBefore(attempt: number, outcome: HttpResponse | TransportError): number | undefined {
  const backoff = 100 * 2 ** attempt * (0.5 + Math.random() / 2);
  if (outcome instanceof TransportError) return passing.has(codeOf(outcome.cause) ?? '') ? backoff : undefined;
  return busy.has(outcome.status) ? Math.max(backoff, outcome.retryAfterMs ?? 0) : undefined;
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function timeOf(date: string | undefined): number | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}

/** Reads a `Retry-After` header, which holds seconds or a date. @returns milliseconds. */
function durationOf(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
