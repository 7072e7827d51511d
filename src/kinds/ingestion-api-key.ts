import type { StackStateApi } from '../api/model.ts';
import type { CredentialKind } from '../credentials/ports.ts';
import { ingestionApiKeyWords, serviceTokenWords } from './words.ts';

export interface KindOptions {
  readonly api: StackStateApi;
  /** URL of the API. */
  readonly server: string;
  /** Deadline for one request, in milliseconds. */
  readonly timeoutMs: number;
  /** The flags that name the server, for hints, with a leading blank: ` --context prod-eu`. */
  readonly flags?: string;
}

/** Ingestion API keys: `/security/ingestion/api_keys`. */
export function ingestionApiKeys({ api, server, timeoutMs, flags = '' }: KindOptions): CredentialKind {
  const { keys } = api;
  return {
    words: { ...ingestionApiKeyWords, ...(flags === '' ? {} : { server: flags }) },
    server,
    timeoutMs,
    listTellsId: false,
    async list(call) {
      const { keys: credentials, ...rest } = await keys.list(call);
      return { credentials, ...rest };
    },
    async create({ name, description, expiration }, call) {
      const {
        apiKey,
        serverTime: _,
        ...created
      } = await keys.create(
        {
          name,
          ...(description === undefined ? {} : { description }),
          ...(expiration === undefined ? {} : { expiration }),
        },
        call,
      );
      return { ...created, secret: apiKey };
    },
    delete: (id, call) => keys.delete(id, call),
    otherKindOf: (secret) => (secret.startsWith('svctok-') ? serviceTokenWords : undefined),
    verify: async (secret, call) => ((await keys.authorize(secret, call)) ? 'valid' : 'invalid'),
  };
}
