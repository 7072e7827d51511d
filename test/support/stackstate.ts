import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ProxyOptions, type RunningProxy, startProxy } from '../stackstate/proxy.ts';
import { type StackState, type StackStateOptions, startStackState, tokens } from '../stackstate/server.ts';
import { tempFolder } from './temp.ts';

/** The time that commands run in process and the StackState they talk to see unless told otherwise: 2026-03-15 10:30 UTC. */
export const testTime = Date.UTC(2026, 2, 15, 10, 30);

/**
 * A simulated StackState for the running test, closed when it has finished; a request it does not know fails that test.
 * Its clock stands at `testTime`. Against the built program, which has the real time, give `now: Date.now`.
 */
export async function startForTest(options: StackStateOptions = {}): Promise<StackState> {
  const stackState = await startStackState({ now: () => testTime, keepBodies: true, ...options });
  onTestFinished(() => stackState.close());
  return stackState;
}

/** The flags that point a command line at this StackState, and over TLS make it trusted. */
export function against(stackState: Pick<StackState, 'url' | 'caPem'>): string[] {
  const trust = stackState.caPem === '' ? [] : ['--ca-cert-path', caFileOf(stackState)];
  return ['--url', stackState.url, '--service-token', tokens.service, ...trust];
}

/** The same as environment variables. */
export function environmentOf(stackState: Pick<StackState, 'url' | 'caPem'>): Record<string, string> {
  const trust = stackState.caPem === '' ? {} : { STS_CA_CERT_PATH: caFileOf(stackState) };
  return { STS_CLI_URL: stackState.url, STS_CLI_SERVICE_TOKEN: tokens.service, ...trust };
}

/** Path of a PEM file with the authority of this StackState, gone when the running test has finished. */
export function caFileOf({ caPem }: Pick<StackState, 'caPem'>): string {
  const path = join(tempFolder(), 'ca.pem');
  writeFileSync(path, caPem);
  return path;
}

/** A proxy for the running test, closed when it has finished. */
export async function startProxyForTest(options: ProxyOptions = {}): Promise<RunningProxy> {
  const proxy = await startProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}
