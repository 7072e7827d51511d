import type { CredentialKind } from '../credentials/ports.ts';
import type { KindOptions } from './ingestion-api-key.ts';
import { serviceTokenWords } from './words.ts';

export interface ServiceTokenOptions extends KindOptions {
  /** The token that authenticates this program, where it is a service token. */
  readonly ownToken: string | undefined;
}

/** Service tokens: `/security/tokens`. */
export function serviceTokens({ api, server, timeoutMs, ownToken }: ServiceTokenOptions): CredentialKind {
  const { tokens } = api;
  let own = ownToken;
  return {
    words: serviceTokenWords,
    server,
    timeoutMs,
    listTellsId: true,
    async list(call) {
      const { tokens: credentials, ...rest } = await tokens.list(call);
      return { credentials, ...rest };
    },
    async create({ name, roles = [], expiration, dedicatedSubject }, call) {
      const created = await tokens.create(
        {
          name,
          roles,
          ...(expiration === undefined ? {} : { expiration }),
          ...(dedicatedSubject === undefined ? {} : { dedicatedSubject }),
        },
        call,
      );
      return {
        name: created.name,
        roles,
        ...(dedicatedSubject === undefined ? {} : { dedicatedSubject }),
        ...(created.expiration === undefined ? {} : { expiration: created.expiration }),
        secret: created.token,
      };
    },
    delete: (id, call) => tokens.delete(id, call),
    verify: (secret, call) => tokens.validate(secret, call),
    // The server removes a dedicated subject together with its token, and the new token would be left without one.
    refuseRotation: ({ id, name, dedicatedSubject }) =>
      dedicatedSubject === undefined
        ? undefined
        : `The token ${id} (${name}) has the dedicated subject ${JSON.stringify(dedicatedSubject)}. The server removes that subject together with the token, so a new token with the same subject would lose its permissions. Create a token with a subject of its own (sts service-token create --dedicated-subject NAME), deliver it, and then delete this one.`,
    adopt(held, secret) {
      if (held === undefined || held !== own) return;
      own = secret;
      api.useToken({ kind: 'service-token', value: secret });
    },
  };
}
