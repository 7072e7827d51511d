import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `run`: the server does what was asked, but the response goes wrong. `skip`: the request has no effect. */
export interface HandlerChoice {
  readonly handler?: 'run' | 'skip';
}

interface Head {
  readonly headers?: Readonly<Record<string, string>>;
}

/** What goes wrong with one request. Each comment gives the default of `handler` in parentheses. */
export type Fault =
  /** Another status (skip), with the server's usual error body unless one is given. */
  | ({ readonly kind: 'status'; readonly status: number; readonly body?: string } & HandlerChoice & Head)
  /** The response is `ms` milliseconds late. With `run` the handler runs before the wait, otherwise after it. */
  | ({ readonly kind: 'delay'; readonly ms: number } & HandlerChoice)
  /** No response, ever (skip). With `part: 'half'` the headers and half of the body are sent first. */
  | ({ readonly kind: 'stall'; readonly part?: 'nothing' | 'half' } & HandlerChoice)
  /** The connection is reset without a response (skip). */
  | ({ readonly kind: 'reset' } & HandlerChoice)
  /** The connection ends after half of the body, or after `bytes` of it (run). */
  | ({ readonly kind: 'truncate'; readonly bytes?: number } & HandlerChoice)
  /** A body that never ends: `start`, then `chunk` repeatedly (skip). */
  | ({ readonly kind: 'endless'; readonly start?: string; readonly chunk?: string } & HandlerChoice)
  /** The body is sent one byte at a time, one every `intervalMs` (1000), after blanks for an hour (run). */
  | ({ readonly kind: 'drip'; readonly intervalMs?: number; readonly blanks?: number } & HandlerChoice)
  /** The right body with another content type (run). */
  | { readonly kind: 'content-type'; readonly value: string }
  /** These bytes instead of an HTTP response, then the end of the connection (skip). */
  | ({ readonly kind: 'raw'; readonly bytes: string | Uint8Array } & HandlerChoice)
  /** A redirect (skip). The default status is 302. */
  | ({ readonly kind: 'redirect'; readonly to: string; readonly status?: number } & HandlerChoice)
  /** Another body instead of the right one (run). The default status is that of the handler. */
  | ({ readonly kind: 'body'; readonly text: string | Uint8Array; readonly status?: number } & HandlerChoice & Head);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** One request in progress, as a fault sees it. */
export interface Exchange {
  readonly response: ServerResponse;
  /** The TCP connection, below TLS. */
  readonly socket: Socket;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
  /** The server's usual body of an error of this status. */
  readonly errorBody: (status: number) => string;
  /** Runs the handler. @returns its response. */
  run(): Promise<Answer>;
}

const kindsThatRun: ReadonlySet<Fault['kind']> = new Set(['truncate', 'drip', 'content-type', 'body']);
const nothing: Answer = { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('[]') };

/** Responds to a request as the fault says. */
export async function misbehave(fault: Fault, exchange: Exchange): Promise<void> {
  const { response, socket } = exchange;
  const choice = ('handler' in fault ? fault.handler : undefined) ?? (kindsThatRun.has(fault.kind) ? 'run' : 'skip');
  if (fault.kind === 'delay') return delay(fault.ms, choice, exchange);
  const answer = choice === 'run' ? await exchange.run() : nothing;
  switch (fault.kind) {
    case 'status':
      return send(response, { status: fault.status, ...bodyOf(fault.body ?? exchange.errorBody(fault.status), fault.headers) });
    case 'redirect':
      return send(response, { status: fault.status ?? 302, ...bodyOf('', { location: fault.to }) });
    case 'content-type':
      return send(response, { ...answer, headers: { ...answer.headers, 'content-type': fault.value } });
    case 'body':
      return send(response, { status: fault.status ?? answer.status, ...bodyOf(fault.text, fault.headers) });
    case 'stall':
      if (fault.part === 'half') sendPart(response, answer, answer.body.length / 2);
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'truncate':
      return sendPart(response, answer, fault.bytes ?? answer.body.length / 2, () => response.socket?.destroySoon());
    case 'endless':
      return sendForever(response, fault.start ?? '[', fault.chunk ?? ' '.repeat(65_536));
    case 'drip':
      return drip(response, answer, fault.intervalMs ?? 1000, fault.blanks ?? 3600, exchange.closing);
    case 'raw':
      response.socket?.end(fault.bytes);
      return;
  }
}

/** Sends a whole response. */
export function send(response: ServerResponse, answer: Answer): void {
  const bodyless = answer.status === 204 || answer.status === 304;
  const length = bodyless ? {} : { 'content-length': String(answer.body.length) };
  response.writeHead(answer.status, { ...answer.headers, ...length });
  response.end(bodyless ? undefined : answer.body);
}

function bodyOf(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return { headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(body) };
}

async function delay(ms: number, choice: 'run' | 'skip', { closing, response, run }: Exchange): Promise<void> {
  const early = choice === 'run' ? await run() : undefined;
  try {
    await sleep(ms, undefined, { signal: closing, ref: false });
  } catch {
    return;
  }
  send(response, early ?? (await run()));
}

/**
 * Sends headers that announce the whole body and the first bytes of the body, then calls `after`. A response without a body is cut in its
 * headers.
 */
function sendPart(response: ServerResponse, answer: Answer, bytes: number, after: () => void = () => {}): void {
  if (answer.body.length === 0) {
    response.socket?.write(`HTTP/1.1 ${answer.status} `, after);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  response.write(answer.body.subarray(0, Math.max(1, Math.floor(bytes))), after);
}

function sendForever(response: ServerResponse, start: string, chunk: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(start);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

async function drip(response: ServerResponse, answer: Answer, ms: number, blanks: number, closing: AbortSignal): Promise<void> {
  response.writeHead(answer.status, answer.headers);
  for (const byte of Buffer.concat([Buffer.alloc(blanks, ' '), answer.body])) {
    if (response.destroyed || closing.aborted) return;
    response.write(Uint8Array.of(byte));
    await sleep(ms, undefined, { signal: closing, ref: false }).catch(() => {});
  }
  response.end();
}
