import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { administrator, type Kubernetes, startKubernetes } from '../kubernetes/server.ts';
import { type StackState, type Stage, startStackState, tokens } from '../stackstate/server.ts';
import { wordsOf } from '../support/built.ts';
import { type Running, start } from './kill-sweep-support.ts';

const place = { namespace: 'open-telemetry', name: 'open-telemetry-collector', field: 'API_KEY' } as const;
const journalAnnotation = 'sts.stackstate.com/journal';
const workload = 'opentelemetry-collector';

/** One stage of one request to either server. */
export interface Moment {
  /** `stackstate create handled` */
  readonly what: string;
  /** How many there were before. */
  readonly at: number;
}

/** A StackState and a cluster of their own, one Secret with a key, and what must hold for it whatever happens. */
class Cluster {
  readonly #refused: string[] = [];
  readonly #folders: string[] = [];
  readonly moments: Moment[] = [];
  /** Called, and awaited, at each moment. */
  onMoment: (moment: Moment) => void | Promise<void> = () => {};

  private constructor(
    readonly stackState: StackState,
    readonly kubernetes: Kubernetes,
  ) {}

  static async start(): Promise<Cluster> {
    let cluster: Cluster | undefined;
    const stackState = await startStackState({ onStage: (stage, { route }) => cluster?.pass('stackstate', route, stage) });
    // Kubernetes credentials are sent over https alone.
    const kubernetes = await startKubernetes({
      tls: true,
      onStage: (stage, { route }) => cluster?.pass('kubernetes', route, stage),
      onSecretChange: () => cluster?.look(),
    });
    const old = stackState.seed({ name: 'otel', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
    const { namespace, name, field } = place;
    kubernetes.seedSecret({ namespace, name, fields: { [field]: old.apiKey, OTHER: 'kept' } });
    kubernetes.seedWorkload('deployment', { namespace, name: workload });
    cluster = new Cluster(stackState, kubernetes);
    return cluster;
  }

  async pass(server: string, route: string | undefined, stage: Stage): Promise<void> {
    this.look();
    const moment = { what: `${server} ${route} ${stage}`, at: this.moments.length };
    this.moments.push(moment);
    await this.onMoment(moment);
  }

  /** At no moment may the Secret hold a key that is refused. */
  look(): void {
    const held = this.held();
    if (held === undefined || !this.stackState.store.isLive(held)) this.#refused.push(String(held));
  }

  held(): string | undefined {
    return this.kubernetes.field(place.namespace, place.name, place.field);
  }

  /** A rotation by the built program on a machine that has never seen the Secret. */
  rotate(more: readonly string[] = ['--restart', `deployment/${workload}`]): Running {
    const folder = mkdtempSync(join(tmpdir(), 'sts-kubernetes-sweep-'));
    this.#folders.push(folder);
    const kubeconfig = writeKubeconfig(folder, this.kubernetes, { user: { token: administrator.token } });
    const secret = `${place.namespace}/${place.name}`;
    // The recovery waits for a creation as long as its request was given: a sweep cannot wait half a minute at each point.
    const server = ['--url', this.stackState.url, '--service-token', tokens.service, '--timeout', '2s'];
    const flags = [
      '--name',
      'otel',
      '--kubernetes-secret',
      secret,
      '--key-var',
      place.field,
      '--kubeconfig',
      kubeconfig,
      '--delete-old',
      ...more,
    ];
    return start(wordsOf(), ['ingestion-api-key', 'rotate', ...flags, ...server], folder);
  }

  /** Rotates, and kills the rotation at a moment. @returns what the moment was; undefined when it ended before. */
  async rotateUntil(fatal: number): Promise<string | undefined> {
    let what: string | undefined;
    const first = this.moments.length;
    const running = this.rotate();
    this.onMoment = async (moment) => {
      if (moment.at - first !== fatal) return;
      what = moment.what;
      running.kill();
      // What the server does next happens after the death.
      await running.ended;
    };
    const { signal, code, stderr } = await running.ended;
    this.onMoment = () => {};
    // After the last response the program may be quicker than the signal.
    if (signal !== 'SIGKILL') expect(code, `killed when ${what}: ${stderr}`).toBe(0);
    return signal === 'SIGKILL' ? what : undefined;
  }

  /** What must hold at any time. */
  expectUsable(where: string): void {
    this.look();
    expect(this.#refused, `${where}: the Secret held a key that is refused`).toEqual([]);
  }

  /** Rotates once more, and nothing is left of what went before. */
  async expectHealed(where: string): Promise<void> {
    this.expectUsable(where);
    const next = await this.rotate().ended;
    expect(next, `${where}: the next rotation: ${next.stderr}`).toMatchObject({ code: 0 });
    this.expectWhole(where);
  }

  expectWhole(where: string): void {
    this.expectUsable(where);
    const live = this.stackState.store.byName('otel').map(({ apiKey }) => apiKey);
    expect(live, `${where}: one key lives, and the Secret holds it`).toEqual([this.held()]);
    const { annotations } = this.kubernetes.secret(place.namespace, place.name)?.metadata ?? {};
    expect(annotations ?? {}, `${where}: no journal is left`).not.toHaveProperty([journalAnnotation]);
    expect(this.kubernetes.field(place.namespace, place.name, 'OTHER'), `${where}: another field`).toBe('kept');
  }

  async close(): Promise<void> {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
    await this.kubernetes.close();
    await this.stackState.close();
  }
}

/** Gives a scene of its own to some work. */
export async function inCluster<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await Cluster.start();
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}
