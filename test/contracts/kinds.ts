import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createApi } from '../../src/api/client.ts';
import type { StackStateApi } from '../../src/api/model.ts';
import type { Credential, CredentialKind, Issued, NewCredential } from '../../src/credentials/ports.ts';
import { NotFoundError } from '../../src/errors.ts';
import { ingestionApiKeys } from '../../src/kinds/ingestion-api-key.ts';
import { serviceTokens } from '../../src/kinds/service-token.ts';
import { type Fault, type RouteName, type StackState, type StackStateOptions, tokens } from '../stackstate/server.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import type { TestClock } from '../support/test-clock.ts';

/** A kind of credential under test, and what the test can do behind its back. */
export interface KindUnderTest {
  readonly kind: CredentialKind;
  /** Makes a credential past the API. */
  seed(credential: SeededCredential): Issued & { readonly id: bigint };
  /** Those of a name that are not deleted, oldest first. */
  living(name: string): readonly (Credential & { readonly secret: string })[];
  /** Whether the platform accepts a secret. */
  isLive(secret: string): boolean;
  /** Deletes one past the API, as somebody else would. */
  remove(id: bigint): void;
  /** Deletes all, for the next case. */
  reset(): void;
}

export type SeededCredential = Partial<Credential> & { readonly name: string };

export interface KindCase {
  readonly title: string;
  /** What every credential of the kind needs beside its name. */
  readonly common: Partial<NewCredential>;
  start(clock: TestClock): Promise<KindUnderTest>;
}

/** How long ago a seeded credential was made unless said otherwise, in milliseconds. */
const seededAgo = 86_400_000;

export const timeoutMs = 2000;

export function apiOf(stackState: Pick<StackState, 'url'>, clock: TestClock, timeout = 5000): StackStateApi {
  const token = { kind: 'service-token', value: tokens.service } as const;
  const settings = { url: stackState.url, apiPath: '/api', token, skipSsl: false, timeoutMs: timeout };
  const api = createApi({ settings, env: {}, version: '0.0.0', now: () => clock.now(), sleep: async () => {} });
  onTestFinished(() => api.close());
  return api;
}

/** The keys of a simulated StackState. */
export function keysOf(stackState: StackState, api: StackStateApi): KindUnderTest {
  const { store } = stackState;
  return {
    kind: ingestionApiKeys({ api, server: stackState.url, timeoutMs }),
    seed({ lastUpdateTimestamp = madeAt(store.now()), ...key }) {
      const { apiKey, ...seeded } = store.seed({ lastUpdateTimestamp, ...key });
      return { ...seeded, secret: apiKey };
    },
    living: (name) => store.byName(name).map(({ apiKey, ...key }) => ({ ...key, secret: apiKey })),
    isLive: (secret) => store.isLive(secret),
    remove: (id) => void store.delete(id),
    reset() {
      for (const { id } of store.list()) store.delete(id);
    },
  };
}

/** The service tokens of a simulated StackState. */
export function tokensOf(stackState: StackState, api: StackStateApi): KindUnderTest {
  const { tokenStore: store } = stackState;
  return {
    kind: serviceTokens({ api, server: stackState.url, timeoutMs, ownToken: tokens.service }),
    seed({ roles = ['ingestion'], lastUpdateTimestamp = madeAt(store.now()), ...wanted }) {
      const { token, ...seeded } = store.seed({ roles, lastUpdateTimestamp, ...wanted });
      return { ...seeded, secret: token };
    },
    living: (name) =>
      store
        .list()
        .filter((token) => token.name === name)
        .map(({ token, ...rest }) => ({ ...rest, secret: token })),
    isLive: (secret) => store.live(secret) !== undefined,
    remove: (id) => void store.delete(id),
    reset() {
      for (const { id } of store.list()) store.delete(id);
    },
  };
}

/** A kind that lives in the test: it needs one object. */
function memoryKind(clock: TestClock): KindUnderTest {
  const all = new Map<bigint, Credential & { readonly secret: string }>();
  const add = (credential: SeededCredential) => {
    const made = {
      id: BigInt(100 + all.size),
      lastUpdateTimestamp: BigInt(clock.serverNow()),
      ...credential,
      secret: `memory-${randomBytes(9).toString('hex')}`,
    };
    all.set(made.id, made);
    return made;
  };
  const deleted = new Set<bigint>();
  const living = () => [...all.values()].filter(({ id }) => !deleted.has(id));
  const kind: CredentialKind = {
    words: { command: 'memory', noun: 'memory', aNoun: 'a memory', short: 'memory', title: 'Memory' },
    server: 'memory:',
    timeoutMs,
    listTellsId: false,
    list: async () => ({
      credentials: living().map(({ secret: _, ...rest }) => rest),
      rejected: [],
      serverTime: clock.serverNow(),
    }),
    create: async (wanted) => add(wanted),
    async delete(id) {
      if (!living().some((one) => one.id === id)) throw new NotFoundError(`There is no memory with the id ${id}.`);
      deleted.add(id);
    },
    verify: async (secret) => (living().some((one) => one.secret === secret) ? 'valid' : 'invalid'),
  };
  return {
    kind,
    seed: (credential) => add({ lastUpdateTimestamp: madeAt(clock.serverNow()), ...credential }),
    living: (name) => living().filter((one) => one.name === name),
    isLive: (secret) => living().some((one) => one.secret === secret),
    remove: (id) => void deleted.add(id),
    reset() {
      for (const { id } of living()) deleted.add(id);
    },
  };
}

function madeAt(now: number): bigint {
  return BigInt(now - seededAgo);
}

async function startServer(clock: TestClock, options: StackStateOptions = {}) {
  const stackState = await startForTest({ now: () => clock.serverNow(), ...options });
  return { stackState, api: apiOf(stackState, clock) };
}

/** Every kind there is, and one that the program does not have. */
export const kindCases: readonly KindCase[] = [
  {
    title: 'ingestion API keys',
    common: {},
    async start(clock) {
      const { stackState, api } = await startServer(clock);
      return keysOf(stackState, api);
    },
  },
  {
    title: 'service tokens',
    common: { roles: ['ingestion'] },
    async start(clock) {
      const { stackState, api } = await startServer(clock);
      return tokensOf(stackState, api);
    },
  },
  { title: 'a kind in memory', common: {}, start: async (clock) => memoryKind(clock) },
];

export { type Fault, type RouteName, testTime };
