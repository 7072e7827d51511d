import { Agent, type Dispatcher, request } from 'undici';
import { onTestFinished } from 'vitest';
import { readJson } from './json.ts';
import { type StackState, tokens } from './server.ts';

export interface Called {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
  /** The body as JSON with exact integers; undefined if it is not JSON. */
  readonly json: unknown;
}

export interface CallOptions {
  /** Default: an accepted service token. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent as JSON text. */
  readonly body?: string;
  readonly dispatcher?: Dispatcher;
  readonly signal?: AbortSignal;
}

export const keysPath = '/api/security/ingestion/api_keys';

/** Calls a simulated StackState over its socket. Only its CA certificate is trusted. */
export async function call(
  stackState: Pick<StackState, 'url' | 'caPem'>,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: CallOptions = {},
): Promise<Called> {
  const dispatcher = options.dispatcher ?? agentFor(stackState.caPem);
  const answer = await request(stackState.url + path, {
    method,
    dispatcher,
    headers: {
      ...(options.headers ?? { 'X-API-Key': tokens.service }),
      ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(options.body === undefined ? {} : { body: options.body }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, json: jsonOrNothing(text) };
}

/** Sends a span with a key, as a collector does. */
export async function sendSpan(stackState: StackState, key: string, scheme = 'SUSEObservability'): Promise<number> {
  const headers = { Authorization: `${scheme} ${key}` };
  return (await call(stackState, 'POST', '/v1/traces', { headers, body: '{"resourceSpans":[]}' })).status;
}

function agentFor(ca: string): Agent {
  const agent = new Agent(ca === '' ? {} : { connect: { ca } });
  onTestFinished(() => agent.destroy());
  return agent;
}

function jsonOrNothing(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}
