import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createApi } from '../../src/api/client.ts';
import type { StackStateApi } from '../../src/api/model.ts';
import type { StepHook } from '../../src/delivery/effects.ts';
import { keyFileDestination } from '../../src/delivery/file.ts';
import type { RotationContext, RotationEvent, RotationPlan, RotationResult } from '../../src/rotation/context.ts';
import { rotateKeyFile, rotationLabel } from '../../src/rotation/key-file.ts';
import { type StackState, type StackStateOptions, tokens } from '../stackstate/server.ts';
import { startForTest, testTime } from '../support/stackstate.ts';
import { tempFolder } from '../support/temp.ts';

export interface World {
  readonly stackState: StackState;
  readonly api: StackStateApi;
  readonly events: RotationEvent[];
  readonly context: RotationContext;
  /** The key file; absent until something writes it. */
  readonly path: string;
  readonly interrupt: AbortController;
  /** Moves the clock that program and server share. */
  advance(ms: number): void;
  /** What the key file holds, without the newline. */
  held(): string;
  /** Everything in the key file's folder. */
  files(): string[];
  /** Secrets of the keys of a name, oldest first. */
  keysNamed(name: string): string[];
  rotate(plan?: Partial<RotationPlan>, changes?: RotateChanges): Promise<RotationResult>;
}

export interface RotateChanges {
  readonly context?: Partial<RotationContext>;
  readonly step?: StepHook;
  readonly path?: string;
  readonly server?: string;
}

export const plan: RotationPlan = {
  target: { name: 'ci' },
  newName: undefined,
  expiration: undefined,
  verify: true,
  deleteOld: true,
  afterMs: 0,
};

/** A program and a server with one clock; waiting moves it at once. */
export async function startWorld(options: StackStateOptions & { readonly timeoutMs?: number } = {}): Promise<World> {
  let time = testTime;
  const now = () => time;
  const stackState = await startForTest({ now, ...options });
  const token = { kind: 'service-token', value: tokens.service } as const;
  const settings = {
    url: stackState.url,
    apiPath: '/api',
    token,
    skipSsl: false,
    timeoutMs: options.timeoutMs ?? 5000,
  };
  const api = createApi({ settings, env: {}, version: '0.0.0', now, sleep: async () => {} });
  onTestFinished(() => api.close());
  const events: RotationEvent[] = [];
  const interrupt = new AbortController();
  const path = join(tempFolder(), 'ingestion.key');
  const context: RotationContext = {
    api,
    interrupt: interrupt.signal,
    now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      time += ms;
    },
    waiting: (_label, work) => work(),
    report: async (event) => void events.push(event),
    step: undefined,
  };
  return {
    stackState,
    api,
    events,
    context,
    path,
    interrupt,
    advance: (ms) => {
      time += ms;
    },
    held: () => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : ''),
    files: () => readdirSync(join(path, '..')).sort(),
    keysNamed: (name) => stackState.store.byName(name).map(({ apiKey }) => apiKey),
    rotate(changes = {}, { context: other = {}, step, path: file = path, server = stackState.url } = {}) {
      const render = ({ apiKey }: { readonly apiKey: string }) => `${apiKey}\n`;
      const destination = keyFileDestination({
        path: file,
        force: true,
        render,
        label: rotationLabel,
        ...(step === undefined ? {} : { step }),
      });
      return rotateKeyFile(
        { ...context, step, ...other },
        { ...plan, ...changes },
        { path: file, destination, render, server, timeoutMs: 2000 },
      );
    },
  };
}

/** A key that is in the key file, as an earlier rotation left it. */
export function seedHeld(world: World, key: Parameters<StackState['seed']>[0] = { name: 'ci' }): bigint {
  const seeded = world.stackState.seed({ lastUpdateTimestamp: BigInt(testTime - 86_400_000), ...key });
  writeFileSync(world.path, `${seeded.apiKey}\n`, { mode: 0o600 });
  return seeded.id;
}
