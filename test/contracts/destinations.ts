import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceToken, tokenOf } from '../../src/config/store.ts';
import type { Destination } from '../../src/credentials/ports.ts';
import { ContextDestination } from '../../src/destinations/context.ts';
import { KeyFile } from '../../src/destinations/file.ts';
import { fileDocument } from '../../src/destinations/file-document.ts';
import { SecretDestination, type SecretOptions } from '../../src/destinations/secret.ts';
import { annotations } from '../../src/destinations/secret-journal.ts';
import { type Access, createKubernetes, type Kubernetes as KubernetesClient } from '../../src/kubernetes/index.ts';
import { nodeDisk } from '../../src/platform/node-disk.ts';
import { administrator, type Kubernetes, type KubernetesOptions, rollouts } from '../kubernetes/server.ts';
import type { Interception } from '../support/interception.ts';
import { startKubernetesForTest } from '../support/kubernetes.ts';
import { tempFolder } from '../support/temp.ts';
import type { TestClock } from '../support/test-clock.ts';
import { memoryDestination, memoryPlace } from './memory-destination.ts';

/** A destination under test, and what the test can see and do behind its back. */
export interface DestinationUnderTest {
  /** The destination as one run sees it: each run, and each machine, has one of its own. */
  forRun(options?: RunOptions): Destination;
  /** Puts a secret there as an earlier delivery left it. */
  seed(secret: string): void;
  /** What its readers see; undefined: nothing. */
  held(): string | undefined;
  /** What is there beside it: journals, temporary files, sockets. */
  leftovers(): readonly string[];
  /** Makes it as it was at first, for the next case. */
  reset(): void;
}

export interface RunOptions {
  /** Stands between the run and the outside. */
  readonly interception?: Interception | undefined;
  /** Whether there is a secret already, as for `rotate`; default true. */
  readonly isReplaced?: boolean;
  readonly warn?: (sentence: string) => Promise<void>;
  readonly interrupt?: AbortSignal;
}

export interface DestinationCase {
  readonly title: string;
  /** It holds a secret always: there is no first one to be created. */
  readonly alwaysHolds?: boolean;
  start(clock: TestClock, onChange: () => void): Promise<DestinationUnderTest>;
}

export const secretId = { namespace: 'monitoring', name: 'otel' } as const;

const silent = async () => {};
const names = { keyVar: 'API_KEY', secretName: 'otel' };

export interface KeyFileCaseOptions {
  readonly mode?: number;
  readonly force?: boolean;
}

/** The destination of `--key-file` as a run has it. */
export function keyFileFor(path: string, options: RunOptions & KeyFileCaseOptions = {}): KeyFile {
  const { interception, isReplaced = true, warn = silent, mode = 0o600, force = false } = options;
  return new KeyFile({
    disk: interception?.disk(nodeDisk) ?? nodeDisk,
    path,
    mode,
    mayReplace: isReplaced || force,
    document: fileDocument({ path, format: undefined, keyVar: undefined, names, force }),
    warn,
  });
}

export function keyFileIn(path: string): DestinationUnderTest {
  return {
    forRun: (options) => keyFileFor(path, options),
    seed: (secret) => writeFileSync(path, `${secret}\n`, { mode: 0o600 }),
    held: () => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : undefined),
    leftovers: () =>
      readdirSync(dirname(path))
        .filter((name) => join(dirname(path), name) !== path)
        .sort(),
    reset: () => {
      for (const name of readdirSync(dirname(path))) rmSync(join(dirname(path), name));
    },
  };
}

/** A client for a simulated Kubernetes API server, as one run has it. */
export function kubernetesClient(kubernetes: Kubernetes, clock: TestClock, token: string = administrator.token) {
  // Made by hand: a kubeconfig would send no token without TLS.
  const access: Access = {
    origin: 'test',
    cluster: { url: new URL(kubernetes.url), skipSsl: false },
    credentials: {
      description: 'the test',
      remedy: 'Mend the test.',
      renewable: false,
      get: async () => ({ authorization: `Bearer ${token}` }),
    },
    headers: {},
    namespace: 'default',
    warnings: [],
  };
  const world = { env: {}, ...clock };
  return (): KubernetesClient => createKubernetes({ access, world, timeoutMs: 2000, version: '0.0.0' });
}

export type SecretChoices = Partial<Pick<SecretOptions, 'field' | 'mayCreate' | 'force' | 'restart' | 'restartTimeoutMs' | 'id'>>;

/** The destination of `--kubernetes-secret` as a run has it. */
export function secretFor(client: () => KubernetesClient, options: RunOptions & SecretChoices = {}): SecretDestination {
  const { interception, isReplaced = true, warn = silent, interrupt = new AbortController().signal, ...choices } = options;
  const kubernetes = client();
  return new SecretDestination({
    kubernetes: interception?.kubernetes(kubernetes) ?? kubernetes,
    id: secretId,
    field: undefined,
    isReplaced,
    mayCreate: !isReplaced,
    force: false,
    restart: [],
    restartTimeoutMs: 60_000,
    now: () => Date.now(),
    interrupt,
    warn,
    onProgress: () => {},
    ...choices,
  });
}

export async function startSecretCluster(clock: TestClock, options: KubernetesOptions = {}) {
  const kubernetes = await startKubernetesForTest({ now: () => clock.serverNow(), ...options });
  return { kubernetes, client: kubernetesClient(kubernetes, clock) };
}

export function secretIn(
  kubernetes: Kubernetes,
  client: () => KubernetesClient,
  choices: SecretChoices = {},
): DestinationUnderTest {
  const { namespace, name } = choices.id ?? secretId;
  return {
    forRun: (options) => secretFor(client, { ...options, ...choices }),
    seed: (secret) => void kubernetes.seedSecret({ namespace, name, fields: { API_KEY: secret } }),
    held: () => kubernetes.field(namespace, name, choices.field ?? 'API_KEY'),
    leftovers: () => {
      const found = kubernetes.secret(namespace, name)?.metadata.annotations ?? {};
      return [annotations.journal, annotations.created].filter((annotation) => annotation in found);
    },
    reset() {
      if (kubernetes.secret(namespace, name) !== undefined) kubernetes.deleteSecret(namespace, name);
    },
  };
}

/** The destination of `--save-context` as a run has it. @param path of the config file, whose context `prod` it is. */
function contextFor(path: string, clock: TestClock, options: RunOptions = {}): ContextDestination {
  const { interception, warn = silent } = options;
  const disk = interception?.disk(nodeDisk) ?? nodeDisk;
  const access = { disk, sleep: clock.sleep, warn: () => {} };
  return new ContextDestination({
    disk,
    warn,
    token: {
      path,
      name: 'prod',
      read: async () => (await tokenOf(disk, path, 'prod'))?.value,
      replace: (old, value) => replaceToken(access, path, 'prod', old, value),
    },
  });
}

function contextIn(path: string, clock: TestClock): DestinationUnderTest {
  const others = () =>
    readdirSync(dirname(path))
      .filter((name) => join(dirname(path), name) !== path)
      .sort();
  return {
    forRun: (options) => contextFor(path, clock, options),
    seed: (secret) => {
      const context = `{ url: https://stackstate.example.com, service-token: ${JSON.stringify(secret)} }`;
      writeFileSync(path, `contexts: [{ name: prod, context: ${context} }]\ncurrent-context: prod\n`, { mode: 0o600 });
    },
    held: () => (existsSync(path) ? /service-token: "?([^" }]+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined),
    leftovers: others,
    reset: () => {
      for (const name of readdirSync(dirname(path))) rmSync(join(dirname(path), name));
    },
  };
}

/** Every destination that keeps a journal, and one that the program does not have. */
export const journaledCases: readonly DestinationCase[] = [
  {
    title: 'a key file',
    start: async () => keyFileIn(join(tempFolder({ fast: true }), 'ingestion.key')),
  },
  {
    title: 'a context of the config file',
    alwaysHolds: true,
    start: async (clock) => contextIn(join(tempFolder({ fast: true }), 'config.yaml'), clock),
  },
  {
    title: 'a Kubernetes Secret',
    async start(clock, onChange) {
      const { kubernetes, client } = await startSecretCluster(clock, { onSecretChange: onChange });
      return secretIn(kubernetes, client);
    },
  },
  {
    title: 'a Kubernetes Secret whose readers are restarted',
    async start(clock, onChange) {
      const { kubernetes, client } = await startSecretCluster(clock, { onSecretChange: onChange });
      const [namespace, name] = [secretId.namespace, 'collector'];
      const kinds = ['deployment', 'daemonset', 'statefulset'] as const;
      for (const kind of kinds) kubernetes.seedWorkload(kind, { namespace, name, rollout: rollouts.afterReads(2) });
      return secretIn(kubernetes, client, { restart: kinds.map((kind) => ({ kind, namespace, name })) });
    },
  },
  {
    title: 'a destination in memory',
    async start() {
      const place = memoryPlace();
      return {
        forRun: ({ interception, isReplaced = true } = {}) =>
          memoryDestination(interception?.watch(place, 'place.') ?? place, isReplaced),
        seed: (secret) => void place.write(undefined, { held: secret }),
        held: () => place.state.held,
        leftovers: () => (place.state.journal === undefined ? [] : ['journal']),
        reset: () => void place.write(place.state.journal, { held: undefined, journal: undefined }),
      };
    },
  },
];
