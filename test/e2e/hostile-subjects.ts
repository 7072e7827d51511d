import type { RouteName, StackState } from '../stackstate/server.ts';
import type { FaultCase, World } from './hostile-support.ts';

/** A kind of credential as the fault tables see it. */
export interface Subject {
  readonly title: string;
  /** The words of the command line that make one, up to its name. */
  readonly create: readonly string[];
  /** Path of the collection. */
  readonly collection: string;
  /** A row as it is for this kind; none where it means nothing. */
  rowsOf(row: FaultCase): readonly FaultCase[];
  /** The route of this kind that does what one of the keys does. */
  route(name: RouteName | 'any'): RouteName | 'any';
  seed(stackState: StackState, facts: Parameters<World['seed']>[0]): void;
  /** All that was ever made, oldest first. */
  madeBy(stackState: StackState): readonly { readonly name: string; readonly secret: string }[];
  /** Names of those that are left. */
  namesIn(stackState: StackState): readonly string[];
}

const tokenRoutes: Partial<Record<RouteName | 'any', RouteName>> = {
  list: 'token-list',
  create: 'token-create',
  delete: 'token-delete',
};

export const subjects = {
  keys: {
    title: 'ingestion API keys',
    create: ['ingestion-api-key', 'create'],
    collection: '/api/security/ingestion/api_keys',
    rowsOf: (row) => [row],
    route: (name) => name,
    seed: ({ store }, facts) => void store.seed(facts),
    madeBy: ({ store }) => store.history.map(({ name, apiKey }) => ({ name, secret: apiKey })),
    namesIn: (stackState) => stackState.keys().map(({ name }) => name),
  },
  tokens: {
    title: 'service tokens',
    create: ['service-token', 'create', '--roles', 'ingestion'],
    collection: '/api/security/tokens',
    rowsOf: ({ forTokens = {}, ...row }) => (forTokens === false ? [] : [ofToken({ ...row, ...forTokens })]),
    route: (name) => tokenRoutes[name] ?? name,
    seed: ({ tokenStore }, facts) => void tokenStore.seed({ roles: ['ingestion'], ...facts }),
    madeBy: ({ tokenStore }) => tokenStore.history.map(({ name, token }) => ({ name, secret: token })),
    namesIn: (stackState) => stackState.serviceTokens().map(({ name }) => name),
  },
} as const satisfies Record<string, Subject>;

/** A row of the keys in the words of tokens, with the requests that a token takes. */
function ofToken(row: FaultCase): FaultCase {
  const { stdout, stderr, silent, faults } = row;
  return {
    ...row,
    requests: requestsOf(row),
    ...(stdout === undefined ? {} : { stdout: inTheirWords(stdout) }),
    ...(stderr === undefined ? {} : { stderr: stderr.map(inTheirWords) }),
    ...(silent === undefined ? {} : { silent: silent.map(inTheirWords) }),
    ...(faults === undefined ? {} : { faults: faults.map(faultOf) }),
  };
}

/** No response tells the id of a new token: the list is asked for before, and once more where one was made. */
function requestsOf({ requests, code }: FaultCase): readonly string[] {
  if (requests.length === 0) return requests;
  const isMade = code === 0 || code === 6;
  const [first, ...rest] = requests[0] === 'GET' ? requests.slice(1) : requests;
  return ['GET', ...(first === undefined ? [] : [first]), ...(isMade ? ['GET'] : []), ...rest];
}

type FaultOfRow = NonNullable<FaultCase['faults']>[number];

function faultOf([route, fault, options]: FaultOfRow): FaultOfRow {
  const its = fault.kind === 'body' && typeof fault.text === 'string' ? { ...fault, text: inTheirFields(fault.text) } : fault;
  // The list that comes before the creation is sound, as it is where keys have none.
  return [route, its, { ...(route === 'list' ? { skip: 1 } : {}), ...options }];
}

function inTheirFields(text: string): string {
  return text.replaceAll('"apiKey"', '"token"');
}

function inTheirWords<T extends string | RegExp>(text: T): string | RegExp {
  if (text instanceof RegExp) return new RegExp(wordsOf(text.source), text.flags);
  return wordsOf(text);
}

function wordsOf(text: string): string {
  return text
    .replaceAll('ingestion-api-key', 'service-token')
    .replaceAll('generated: ', 'created: ')
    .replaceAll(/(?<![-.])\bkey(s?)\b(?![-.])/g, 'token$1');
}
