import { afterAll, describe, expect, test } from 'vitest';
import type { CredentialKind } from '../../src/credentials/ports.ts';
import { type RotationResult, rotate } from '../../src/credentials/rotate.ts';
import { startRun } from '../../src/credentials/run.ts';
import { type DestinationUnderTest, journaledCases } from '../contracts/destinations.ts';
import { apiOf, keysOf, tokensOf } from '../contracts/kinds.ts';
import type { StackState } from '../stackstate/server.ts';
import { count } from '../support/counts.ts';
import { type Hook, type Interception, intercept, killer, type Moment } from '../support/interception.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import { testClock } from '../support/test-clock.ts';
import { failureOf, plan } from './support.ts';

// A key is replaced by a service token: two kinds in one rotation.

let points = 0;

afterAll(() => count('kill points', points));

interface Migration {
  readonly stackState: StackState;
  readonly destination: DestinationUnderTest;
  migrate(hook?: Hook): Promise<RotationResult>;
  rotateKeys(): Promise<RotationResult>;
  reset(): void;
  /** Whether what its readers see is accepted, as key or token. */
  works(): boolean;
}

const [file, secret] = journaledCases;
const cases = [file, secret].filter((one) => one !== undefined);

describe.each(cases)('$title', ({ start }) => {
  async function begin(): Promise<Migration> {
    const clock = testClock(testTime);
    const stackState = await startForTest({ now: () => clock.serverNow() });
    const api = apiOf(stackState, clock);
    const [keys, tokens] = [keysOf(stackState, api), tokensOf(stackState, api)];
    const destination = await start(clock, () => {});
    let runs = 0;
    const on = (kind: CredentialKind, oldKind: CredentialKind, hook: Hook = () => {}) => {
      const interception: Interception = intercept(hook);
      runs += 1;
      const run = startRun(
        {
          kind: interception.kind(kind),
          ...(kind === oldKind ? {} : { oldKind: interception.kind(oldKind) }),
          destination: destination.forRun({ interception }),
          interrupt: new AbortController().signal,
          clock,
          waiting: (_label, work) => work(),
          report: async () => {},
        },
        `run-${runs}`,
      );
      const instead = kind === oldKind ? {} : { instead: { roles: ['ingestion'] } };
      return rotate(run, { ...plan, ...instead }).finally(() => interception.cleanUp());
    };
    return {
      stackState,
      destination,
      migrate: (hook) => on(tokens.kind, keys.kind, hook),
      rotateKeys: () => on(keys.kind, keys.kind),
      reset() {
        keys.reset();
        tokens.reset();
        destination.reset();
        const expiration = BigInt(clock.now() + 90 * 86_400_000);
        const made = keys.seed({ name: 'ci', description: 'pipelines', lastUpdateTimestamp: BigInt(clock.now()), expiration });
        destination.seed(made.secret);
      },
      works() {
        const held = destination.held() ?? '';
        return keys.isLive(held) || tokens.isLive(held);
      },
    };
  }

  test('the token has the name and the lifetime of the key, takes its place, and the key goes', async () => {
    const { stackState, destination, migrate, reset } = await begin();
    reset();
    const [key] = stackState.keys();
    const { issued, old, fate } = await migrate();
    expect([old.id, fate]).toEqual([key?.id, 'deleted']);
    expect(stackState.keys()).toEqual([]);
    expect(stackState.serviceTokens()).toMatchObject([
      { id: issued.id, name: 'ci', roles: ['ingestion'], expiration: key?.expiration, token: destination.held() },
    ]);
    expect(destination.leftovers()).toEqual([]);
  });

  test('a rotation of keys does not finish it, and says what does', async () => {
    const { migrate, rotateKeys, reset } = await begin();
    reset();
    const { hook, killed } = killer('before kind.verify');
    await migrate(hook).catch(() => undefined);
    expect(killed()).toBe(true);
    const failure = await failureOf(rotateKeys());
    expect(failure).toMatchObject({ exitCode: 3, message: expect.stringContaining('another kind of credential') });
    expect(String(failure.hints)).toContain('sts ingestion-api-key migrate --name ci --');
  });

  test('killed at every moment: what its readers see is accepted, and the next one ends with the token alone', {
    timeout: 120_000,
  }, async () => {
    const { stackState, destination, migrate, reset, works } = await begin();
    reset();
    const moments: Moment[] = [];
    await migrate((moment) => void moments.push(moment));
    for (const { point, call, when } of moments) {
      if (when === 'after' && point < moments.length - 1) continue;
      const where = `killed ${when} ${call} (${point})`;
      reset();
      const { hook, killed } = killer(point);
      await migrate(hook).catch(() => undefined);
      expect(killed(), where).toBe(true);
      expect(works(), where).toBe(true);
      // Where the first one had come to its end, there is no key left to migrate.
      await migrate().catch((error: unknown) => {
        if (destination.leftovers().length > 0 || stackState.keys().length > 0) throw new Error(`${where}: ${error}`);
      });
      expect(stackState.keys(), where).toEqual([]);
      expect(
        stackState.serviceTokens().map(({ token }) => token),
        where,
      ).toEqual([destination.held()]);
      expect(destination.leftovers(), where).toEqual([]);
      points += 1;
    }
  });

  test('a migration that an earlier run had brought as far as the delivery is done, and that is the result', async () => {
    const { stackState, destination, migrate, reset } = await begin();
    reset();
    const key = stackState.keys()[0]?.id;
    const { hook } = killer('before kind.delete');
    await migrate(hook).catch(() => undefined);
    const { issued, old, fate } = await migrate();
    expect([old.id, fate, issued.secret]).toEqual([key, 'deleted', destination.held()]);
    expect(stackState.serviceTokens()).toHaveLength(1);
  });
});
