import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ProxyOptions, type RunningProxy, startProxy } from '../stackstate/proxy.ts';
import { type StackState, type StackStateOptions, startStackState, tokens } from '../stackstate/server.ts';
import { tempFolder } from './temp.ts';

/** The default time for commands that run in process and for their simulated StackState: 2026-03-15 10:30 UTC. */
export const testTime = Date.UTC(2026, 2, 15, 10, 30);

/**
 * Starts a simulated StackState for the running test. It is closed when the test has finished. An unknown request fails the test. Its clock
 * stands at `testTime`. For the built program, which has the real time, give `now: Date.now`.
 */
export async function startForTest(options: StackStateOptions = {}): Promise<StackState> {
  const stackState = await startStackState({ now: () => testTime, keepBodies: true, ...options });
  onTestFinished(() => stackState.close());
  return stackState;
}

/** The flags that point a command line at this StackState. With TLS they also make its certificate trusted. */
export function against(stackState: Pick<StackState, 'url' | 'caPem'>): string[] {
  const trust = stackState.caPem === '' ? [] : ['--ca-cert-path', caFileOf(stackState)];
  return ['--url', stackState.url, '--service-token', tokens.service, ...trust];
}

/** The same as environment variables. */
export function environmentOf(stackState: Pick<StackState, 'url' | 'caPem'>): Record<string, string> {
  const trust = stackState.caPem === '' ? {} : { STS_CA_CERT_PATH: caFileOf(stackState) };
  return { STS_CLI_URL: stackState.url, STS_CLI_SERVICE_TOKEN: tokens.service, ...trust };
}

/** Path of a PEM file with the CA certificate of this StackState. It is removed when the running test has finished. */
export function caFileOf({ caPem }: Pick<StackState, 'caPem'>): string {
  const path = join(tempFolder(), 'ca.pem');
  writeFileSync(path, caPem);
  return path;
}

/** Starts a proxy for the running test. It is closed when the test has finished. */
export async function startProxyForTest(options: ProxyOptions = {}): Promise<RunningProxy> {
  const proxy = await startProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}
