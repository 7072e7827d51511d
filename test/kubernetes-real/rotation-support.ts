import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Ended, type Running, start } from '../e2e/kill-sweep-support.ts';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { type JsonObject, membersOf } from '../kubernetes/objects.ts';
import { type StackState, startStackState, tokens } from '../stackstate/server.ts';
import { wordsOf } from '../support/built.ts';
import { type StagedProxy, startStagedProxy } from './staged-proxy.ts';
import type { RealKubernetes } from './start.ts';

const collector = 'collector';
const journal = 'sts.stackstate.com/journal';

/** The rules that a rotation with a restart needs, and no other: what the example's Role has. */
export const neededRules = [
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['otel'], verbs: ['get', 'patch'] },
  { apiGroups: ['apps'], resources: ['deployments'], resourceNames: [collector], verbs: ['get', 'patch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
] as const;

/** A namespace of the real API server with a Secret, a Deployment and a service account, and a StackState of its own. */
export class Scene {
  /** Everything that was passed, in its order. */
  readonly moments: string[] = [];
  onMoment: (what: string, at: number) => void | Promise<void> = () => {};
  readonly #folders: string[] = [];

  private constructor(
    readonly namespace: string,
    readonly real: RealKubernetes,
    readonly stackState: StackState,
    readonly proxy: StagedProxy,
    readonly token: string,
  ) {}

  static async open(real: RealKubernetes, namespace: string, rules: readonly object[] = neededRules): Promise<Scene> {
    let scene: Scene | undefined;
    const pass = async (what: string) => scene?.pass(what);
    const stackState = await startStackState({ onStage: (stage, { route }) => pass(`stackstate ${route} ${stage}`) });
    const proxy = await startStagedProxy(real, (stage, what) => pass(`kubernetes ${what} ${stage}`));
    const token = await real.serviceAccount(namespace, 'rotation', rules);
    scene = new Scene(namespace, real, stackState, proxy, token);
    return scene;
  }

  async pass(what: string): Promise<void> {
    this.moments.push(what);
    await this.onMoment(what, this.moments.length - 1);
  }

  /** A Secret with a key that lives, and another field. */
  async seedSecret(more: JsonObject = {}): Promise<string> {
    const old = this.stackState.seed({ name: 'otel', lastUpdateTimestamp: BigInt(Date.now() - 86_400_000) });
    const data = { API_KEY: base64(old.apiKey), OTHER: base64('kept') };
    const metadata = { name: 'otel', labels: { team: 'a' }, annotations: { note: 'kept' } };
    await this.real.create(`/api/v1/namespaces/${this.namespace}/secrets`, { metadata, data, ...more });
    return old.apiKey;
  }

  async seedDeployment(): Promise<void> {
    const labels = { app: collector };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'c' }] } };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    await this.real.create(`/apis/apps/v1/namespaces/${this.namespace}/deployments`, { metadata: { name: collector }, spec });
  }

  /** The built program, on a machine that has never seen this cluster. */
  run(...argv: readonly string[]): Running {
    const folder = mkdtempSync(join(tmpdir(), 'sts-real-'));
    this.#folders.push(folder);
    const kubeconfig = writeKubeconfig(folder, this.proxy, { user: { token: this.token } });
    const server = ['--url', this.stackState.url, '--service-token', tokens.service, '--timeout', '5s'];
    return start(wordsOf(), ['ingestion-api-key', ...argv, '--kubeconfig', kubeconfig, ...server], folder);
  }

  rotate(...more: readonly string[]): Running {
    const secret = `${this.namespace}/otel`;
    return this.run('rotate', '--name', 'otel', '--kubernetes-secret', secret, '--key-var', 'API_KEY', ...more);
  }

  /** Rotates, and kills that at the moment with this number. @returns what it was; undefined when it ended before. */
  async rotateUntil(fatal: number, ...more: readonly string[]): Promise<string | undefined> {
    const first = this.moments.length;
    const running = this.rotate(...more);
    let what: string | undefined;
    this.onMoment = async (passed, at) => {
      if (at - first !== fatal) return;
      what = passed;
      running.kill();
      await running.ended;
    };
    const { signal } = await running.ended;
    this.onMoment = () => {};
    return signal === 'SIGKILL' ? what : undefined;
  }

  async secret(): Promise<JsonObject> {
    return (await this.real.call('GET', `/api/v1/namespaces/${this.namespace}/secrets/otel`)).body;
  }

  async held(): Promise<string> {
    return Buffer.from(String(membersOf((await this.secret())['data'])['API_KEY']), 'base64').toString('utf8');
  }

  async expectUsable(where: string): Promise<void> {
    expect(this.stackState.store.isLive(await this.held()), `${where}: the Secret holds a key that is accepted`).toBe(true);
  }

  /** One key lives, the Secret holds it, and all else of it is as it was. */
  async expectWhole(where: string): Promise<void> {
    const live = this.stackState.store.byName('otel').map(({ apiKey }) => apiKey);
    expect(live, `${where}: one key lives, and the Secret holds it`).toEqual([await this.held()]);
    const { metadata, data } = await this.secret();
    const { annotations, labels } = membersOf(metadata);
    expect(membersOf(annotations), where).not.toHaveProperty([journal]);
    expect(membersOf(annotations), where).toMatchObject({ note: 'kept' });
    expect([labels, membersOf(data)['OTHER']], where).toEqual([{ team: 'a' }, base64('kept')]);
  }

  async close(): Promise<void> {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
    await this.proxy.close();
    await this.stackState.close();
  }
}

export type { Ended };

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
