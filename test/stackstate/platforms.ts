import type { Json } from './json.ts';

/** Versions of the platform with different kinds of credentials. */
export type PlatformName = '6.0' | '2.3.5' | '2.9';

/** The scheme of `Authorization` that a platform accepts over OTLP. */
export type Scheme = 'StackState' | 'SUSEObservability';

/** The properties of one version of the platform. */
export interface Platform {
  readonly ingestionApiKeys: boolean;
  readonly serviceTokens: boolean;
  readonly schemes: readonly Scheme[];
  readonly info: { readonly [name: string]: Json };
}

function infoOf(platformVersion: string | undefined): { readonly [name: string]: Json } {
  const version = { major: 6, minor: 0, patch: 0, diff: '', commit: 'c0ffee1', isDev: false };
  return { version, deploymentMode: 'SelfHosted', ...(platformVersion === undefined ? {} : { platformVersion }) };
}

/** `6.0` has ingestion API keys only, `2.3.5` both kinds, `2.9` service tokens only. */
export const platforms: Readonly<Record<PlatformName, Platform>> = {
  '6.0': { ingestionApiKeys: true, serviceTokens: false, schemes: ['StackState'], info: infoOf(undefined) },
  '2.3.5': { ingestionApiKeys: true, serviceTokens: true, schemes: ['SUSEObservability'], info: infoOf('2.3.5') },
  '2.9': { ingestionApiKeys: false, serviceTokens: true, schemes: ['SUSEObservability'], info: infoOf('2.9.0') },
};

/** The default platform for tests: it has both kinds of credentials and accepts both schemes. */
export const anyPlatform: Platform = {
  ingestionApiKeys: true,
  serviceTokens: true,
  schemes: ['StackState', 'SUSEObservability'],
  info: infoOf('2.0.0'),
};
