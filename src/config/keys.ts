import type { Context } from './model.ts';

/** The keys of a context as the file spells them, in the order they are written. */
export const CONTEXT_KEYS = {
  url: 'url',
  apiToken: 'api-token',
  serviceToken: 'service-token',
  k8sSaToken: 'k8s-sa-token',
  k8sSaTokenPath: 'k8s-sa-token-path',
  apiPath: 'api-path',
  skipSsl: 'skip-ssl',
  caCertPath: 'ca-cert-path',
  caCertBase64Data: 'ca-cert-base64-data',
} as const satisfies Record<keyof Context, string>;

export type ContextKey = (typeof CONTEXT_KEYS)[keyof typeof CONTEXT_KEYS];

/** The context as the file spells it, set members only. */
export function contextEntries(context: Partial<Context>): [ContextKey, string | boolean][] {
  const entries: [ContextKey, string | boolean][] = [];
  for (const member of Object.keys(CONTEXT_KEYS) as (keyof Context)[]) {
    const value = context[member];
    if (value !== undefined && value !== '') entries.push([CONTEXT_KEYS[member], value]);
  }
  return entries;
}
