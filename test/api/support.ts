import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type ApiOptions, createApi } from '../../src/api/client.ts';
import type { StackStateApi } from '../../src/api/model.ts';
import type { Token } from '../../src/config/model.ts';
import { type StackState, tokens } from '../stackstate/server.ts';

export interface ClientOptions {
  readonly url?: string;
  readonly timeoutMs?: number;
  readonly caCertificates?: string;
  readonly skipSsl?: boolean;
  readonly apiPath?: string;
  readonly env?: ApiOptions['env'];
  readonly log?: (line: string) => void;
  readonly warn?: (line: string) => void;
  readonly sleep?: ApiOptions['sleep'];
  readonly token?: Token;
}

/** A client for a simulated StackState, closed when the test has finished. It trusts the server's authority unless told otherwise. */
export function clientOf(stackState: Pick<StackState, 'url' | 'caPem'>, options: ClientOptions = {}): StackStateApi {
  const { env = {}, log, warn, sleep, ...settings } = options;
  const api = createApi({
    settings: {
      url: stackState.url,
      apiPath: '/api',
      token: { kind: 'service-token', value: tokens.service },
      skipSsl: false,
      timeoutMs: 10_000,
      ...(stackState.caPem === '' ? {} : { caCertificates: stackState.caPem }),
      ...settings,
    },
    env,
    version: '1.2.3',
    ...(log === undefined ? {} : { log }),
    ...(warn === undefined ? {} : { warn }),
    now: Date.now,
    sleep: sleep ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal })),
  });
  onTestFinished(() => api.close());
  return api;
}
