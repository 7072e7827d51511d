import { join } from 'node:path';
import { expect } from 'vitest';
import type { StackStateApi } from '../../src/api/model.ts';
import type { Clock } from '../../src/credentials/clock.ts';
import { type CreationPlan, type CreationResult, create } from '../../src/credentials/create.ts';
import type { CredentialKind, Destination } from '../../src/credentials/ports.ts';
import { type RotationPlan, type RotationResult, rotate } from '../../src/credentials/rotate.ts';
import { type Run, type RunEvent, startRun } from '../../src/credentials/run.ts';
import { type DestinationUnderTest, keyFileIn } from '../contracts/destinations.ts';
import { apiOf, type KindUnderTest, keysOf, tokensOf } from '../contracts/kinds.ts';
import type { RouteName, StackState, StackStateOptions } from '../stackstate/server.ts';
import { type Hook, type Interception, intercept, isAt, Killed, killer, type Moment } from '../support/interception.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';
import { type TestClock, testClock } from '../support/test-clock.ts';

/** A program, its servers and its destination, with one clock. */
export interface World {
  readonly clock: TestClock;
  readonly credentials: KindUnderTest;
  readonly destination: DestinationUnderTest;
  /** What the runs reported, in order. */
  readonly events: RunEvent[];
  /** What the destination warned of. */
  readonly warnings: string[];
  readonly interrupt: AbortController;
  /** A run as a process would start it; what it reaches of the outside goes through the interception. */
  run(changes?: RunChanges): Run;
  rotate(plan?: Partial<RotationPlan>, changes?: RunChanges): Promise<RotationResult>;
  create(plan?: Partial<CreationPlan>, changes?: RunChanges): Promise<CreationResult>;
  /** A rotation that is killed at a moment (`before kind.create`); fails if it never comes to that. */
  killed(at: number | string, plan?: Partial<RotationPlan>): Promise<void>;
  /** A second credential of a name, in the destination, as an earlier rotation left it. @returns its id. */
  seedHeld(credential?: Parameters<KindUnderTest['seed']>[0]): bigint;
  /** Secrets of the credentials of a name that are not deleted, oldest first. */
  secretsNamed(name: string): string[];
  /** Runs the protocol on a run of its own. */
  on<T>(work: (run: Run) => Promise<T>, changes?: RunChanges): Promise<T>;
  /** Makes all as it was at first, for the next case. */
  reset(): void;
  /** One credential of the name lives, the destination holds it, and nothing else is left. */
  expectHealed(where?: string): void;
}

export interface RunChanges {
  readonly kind?: CredentialKind;
  readonly destination?: Destination;
  readonly interrupt?: AbortSignal;
  readonly clock?: Clock;
  readonly report?: (event: RunEvent) => void | Promise<void>;
  /** What stands between the run and the outside. */
  readonly hook?: Hook;
  /** Whether the destination has a secret already; default: what the verb says. */
  readonly isReplaced?: boolean;
  /** Tells this run from any other; default one of its own. */
  readonly id?: string;
}

export const plan: RotationPlan = {
  target: { name: 'ci' },
  expiration: undefined,
  verify: true,
  deleteOld: true,
  afterMs: 0,
  noWait: false,
};

const creation: CreationPlan = {
  wanted: { name: 'ci' },
  expiration: undefined,
  isRelative: false,
  verify: true,
  look: false,
};

interface Parts {
  readonly clock: TestClock;
  readonly credentials: KindUnderTest;
  readonly destination: DestinationUnderTest;
}

export function worldOf({ clock, credentials, destination }: Parts): World {
  const events: RunEvent[] = [];
  const warnings: string[] = [];
  const interrupt = new AbortController();
  let runs = 0;
  const prepared = (changes: RunChanges, isReplaced: boolean): { run: Run; interception: Interception } => {
    const interception = intercept(changes.hook ?? (() => {}));
    const to =
      changes.destination ??
      destination.forRun({
        interception,
        isReplaced: changes.isReplaced ?? isReplaced,
        warn: async (sentence) => void warnings.push(sentence),
        interrupt: changes.interrupt ?? interrupt.signal,
      });
    runs += 1;
    const run = startRun(
      {
        kind: interception.kind(changes.kind ?? credentials.kind),
        destination: to,
        interrupt: changes.interrupt ?? interrupt.signal,
        clock: changes.clock ?? clock,
        waiting: (_label, work) => work(),
        report: async (event) => {
          events.push(event);
          await changes.report?.(event);
        },
      },
      changes.id ?? `run-${runs}`,
    );
    return { run, interception };
  };
  const world: World = {
    clock,
    credentials,
    destination,
    events,
    warnings,
    interrupt,
    run: (changes = {}) => prepared(changes, true).run,
    rotate: (changed = {}, changes = {}) => world.on((run) => rotate(run, { ...plan, ...changed }), changes),
    create: (changed = {}, changes = {}) =>
      world.on((run) => create(run, { ...creation, ...changed }), { isReplaced: false, ...changes }),
    async on(work, changes = {}) {
      const { run, interception } = prepared(changes, true);
      return work(run).finally(() => interception.cleanUp());
    },
    reset() {
      credentials.reset();
      destination.reset();
      events.length = 0;
      warnings.length = 0;
    },
    async killed(at, changed) {
      const { hook, killed } = killer(at);
      await world.rotate(changed, { hook }).catch(() => undefined);
      expect(killed(), `it came to: ${at}`).toBe(true);
    },
    seedHeld(credential = { name: 'ci' }) {
      const { id, secret } = credentials.seed(credential);
      destination.seed(secret);
      return id;
    },
    secretsNamed: (name) => credentials.living(name).map(({ secret }) => secret),
    expectHealed(where = '') {
      expect(world.secretsNamed('ci'), `${where}: one lives, and the destination holds it`).toEqual([destination.held()]);
      expect(destination.leftovers(), `${where}: nothing else is left`).toEqual([]);
    },
  };
  return world;
}

/** A world of ingestion API keys and a key file. */
export interface FileWorld extends World {
  readonly stackState: StackState;
  readonly api: StackStateApi;
  /** The key file; absent until something writes it. */
  readonly path: string;
  /** What the key file holds, without the newline. */
  held(): string;
  /** The route of the simulated StackState that does this with the credentials of this world. */
  route(what: 'list' | 'create' | 'delete'): RouteName;
  /** Makes one of the name `ci` past the API, as if it were made this moment. @returns its id. */
  seedNow(): bigint;
}

export interface WorldOptions extends StackStateOptions {
  /** Deadline of a request that is not answered, in milliseconds of the real clock. */
  readonly timeoutMs?: number;
  /** What the credentials are; default ingestion API keys. */
  readonly of?: 'keys' | 'tokens';
}

export async function startWorld({ timeoutMs, of = 'keys', ...options }: WorldOptions = {}): Promise<FileWorld> {
  const clock = testClock(testTime);
  const stackState = await startForTest({ now: () => clock.serverNow(), ...options });
  const api = apiOf(stackState, clock, timeoutMs);
  const path = join(tempFolder({ fast: true }), 'ingestion.key');
  const credentials = of === 'keys' ? keysOf(stackState, api) : tokensOf(stackState, api);
  const destination = keyFileIn(path);
  const world = worldOf({ clock, credentials, destination });
  return Object.assign(world, {
    stackState,
    api,
    path,
    held: () => destination.held() ?? '',
    route: (what: 'list' | 'create' | 'delete') => (of === 'keys' ? what : (`token-${what}` as const)),
    seedNow: () => credentials.seed({ name: 'ci', lastUpdateTimestamp: BigInt(clock.serverNow()) }).id,
  });
}

/** Fails one call as the operating system or a server would, and says whether it came to that. */
export function failing(at: string, error: unknown, times = 1): { readonly hook: Hook; happened(): number } {
  let happened = 0;
  return {
    hook(moment) {
      if (!isAt(moment, at) || happened >= times) return;
      happened += 1;
      throw error;
    },
    happened: () => happened,
  };
}

/** Does something once, at a moment, behind the run's back. */
export function meanwhile(at: number | string, act: (moment: Moment) => unknown): { readonly hook: Hook; happened(): boolean } {
  let happened = false;
  return {
    async hook(moment) {
      if (happened || !isAt(moment, at)) return;
      happened = true;
      await act(moment);
    },
    happened: () => happened,
  };
}

/** What went wrong; fails where nothing did. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<Error & { readonly exitCode?: number; readonly hints: string[] }> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Killed || !(error instanceof Error)) throw new Error(`It did not fail as it should: ${error}`);
  return error as Error & { hints: string[] };
}
