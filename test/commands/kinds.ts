import { type RouteName, type StackState, tokens } from '../stackstate/server.ts';
import { type RunOptions, type RunResult, runSts } from '../support/run.ts';

/** A kind of credential as its verbs show it. */
export interface VerbKind {
  readonly title: string;
  readonly noun: 'ingestion-api-key' | 'service-token';
  readonly short: 'key' | 'token';
  /** Flags that a new one needs. */
  readonly needs: readonly string[];
  /** What `create` prints before the secret, and what `delete` prints before the id. */
  readonly generated: string;
  readonly deleted: string;
  readonly titled: string;
  /** The member of the JSON document that holds the secret. */
  readonly secretMember: 'apiKey' | 'token';
  readonly createRoute: 'create' | 'token-create';
  /** All routes that a rotation asks. */
  readonly routes: readonly RouteName[];
  seed(server: StackState, changes?: Seeded): Row;
  rows(server: StackState): readonly Row[];
  isLive(server: StackState, secret: string): boolean;
}

export interface Seeded {
  readonly name?: string;
  readonly lastUpdateTimestamp?: bigint;
  readonly expiration?: bigint;
}

export interface Row {
  readonly id: bigint;
  readonly name: string;
  readonly secret: string;
  readonly expiration?: bigint;
}

export const verbKinds: readonly [VerbKind, VerbKind] = [
  {
    title: 'ingestion API keys',
    noun: 'ingestion-api-key',
    short: 'key',
    needs: [],
    generated: 'Ingestion API Key generated: ',
    deleted: 'Ingestion Api Key deleted: ',
    titled: 'Ingestion API Key',
    secretMember: 'apiKey',
    createRoute: 'create',
    routes: ['list', 'create', 'authorize', 'delete'],
    seed: (server, changes) => withSecret(server.seed({ name: 'ci', ...changes })),
    rows: (server) => server.keys().map(withSecret),
    isLive: (server, secret) => server.store.isLive(secret),
  },
  {
    title: 'service tokens',
    noun: 'service-token',
    short: 'token',
    needs: ['--roles', 'ingestion'],
    generated: 'Service token created: ',
    deleted: 'Service token deleted: ',
    titled: 'Service token',
    secretMember: 'token',
    createRoute: 'token-create',
    routes: ['token-list', 'token-create', 'info', 'validate', 'token-delete'],
    seed: (server, changes) => withToken(server.seedToken({ name: 'ci', roles: ['ingestion'], ...changes })),
    rows: (server) => server.serviceTokens().map(withToken),
    isLive: (server, secret) => server.tokenStore.live(secret) !== undefined,
  },
];

function withSecret({ apiKey, ...row }: ReturnType<StackState['seed']>): Row {
  return { ...row, secret: apiKey };
}

function withToken({ token, ...row }: ReturnType<StackState['seedToken']>): Row {
  return { ...row, secret: token };
}

/** Runs a verb of a kind against a server. */
export function runVerb(
  { noun, needs }: VerbKind,
  server: StackState,
  [verb, ...flags]: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<RunResult> {
  const own = verb === 'create' || (verb === 'renew' && !flags.includes('--roles')) ? needs : [];
  return runSts([noun, verb, ...flags, ...own, '--url', server.url, '--service-token', tokens.service], options);
}

/** Requests that change something. */
export function changes(server: StackState): string[] {
  return server.requests
    .filter(({ method, path }) => method === 'DELETE' || (method === 'POST' && !path.includes('authorize')))
    .map(({ method, path }) => `${method} ${path}`);
}
