import { expect } from 'vitest';
import type { Kubernetes as KubernetesClient } from '../../src/kubernetes/index.ts';
import { kubernetesClient, type SecretChoices, secretFor, secretId, secretIn } from '../contracts/destinations.ts';
import { apiOf, type KindUnderTest, keysOf } from '../contracts/kinds.ts';
import type { Kubernetes, KubernetesOptions, SecretChange } from '../kubernetes/server.ts';
import type { StackState } from '../stackstate/server.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import { testClock } from '../support/test-clock.ts';
import { type World, worldOf } from './support.ts';

/** A world of ingestion API keys and a Kubernetes Secret. */
export interface SecretWorld extends World {
  readonly stackState: StackState;
  readonly kubernetes: Kubernetes;
  readonly credentials: KindUnderTest;
  readonly client: () => KubernetesClient;
  /** A destination of another shape than the world's. */
  secret(choices: SecretChoices & { readonly isReplaced?: boolean }): ReturnType<typeof secretFor>;
  /** What readers of the Secret saw and StackState refused. */
  readonly refused: readonly string[];
  /** Requests that change something at the API server, dry runs left out. */
  changes(): readonly string[];
}

export interface SecretWorldOptions extends KubernetesOptions {
  readonly choices?: SecretChoices;
}

export const { namespace, name } = secretId;

export async function startSecretWorld({ choices = {}, ...options }: SecretWorldOptions = {}): Promise<SecretWorld> {
  const clock = testClock(testTime);
  const stackState = await startForTest({ now: () => clock.serverNow() });
  const credentials = keysOf(stackState, apiOf(stackState, clock));
  const refused: string[] = [];
  // At every change, before anybody hears of it.
  const onSecretChange = ({ fields }: SecretChange) => {
    const held = fields[choices.field ?? 'API_KEY'];
    if (held !== undefined && !credentials.isLive(held)) refused.push(held);
  };
  const kubernetes = await startKubernetesForTest({ now: () => clock.serverNow(), onSecretChange, ...options });
  const client = kubernetesClient(kubernetes, clock);
  const world = worldOf({ clock, credentials, destination: secretIn(kubernetes, client, choices) });
  const isChange = ({ method, path }: { readonly method: string; readonly path: string }) =>
    method !== 'GET' && !path.includes('dryRun');
  return Object.assign(world, {
    stackState,
    kubernetes,
    client,
    refused,
    secret: (other: SecretChoices & { readonly isReplaced?: boolean }) =>
      secretFor(client, { ...choices, ...other, warn: async (sentence) => void world.warnings.push(sentence) }),
    changes: () => kubernetes.requests.filter(isChange).map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`),
    expectHealed(where = '') {
      expect(refused, `${where}: what readers saw was refused`).toEqual([]);
      const held = kubernetes.field(namespace, name, choices.field ?? 'API_KEY');
      expect(world.secretsNamed('ci'), `${where}: one lives, and the Secret holds it`).toEqual([held]);
      expect(world.destination.leftovers(), `${where}: no journal is left`).toEqual([]);
    },
  });
}

/** For faults: requests that change a Secret, dry runs left out. */
export const isRealChange = ({ path }: { readonly path: string }) => !path.includes('dryRun');
