import type { CredentialKind } from '../credentials/ports.ts';
import { ServerError, UsageError } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import type { KindOptions } from './ingestion-api-key.ts';
import { serviceTokenWords } from './words.ts';

export interface ServiceTokenOptions extends KindOptions {
  /** The token that authenticates this program, if it is a service token. */
  readonly ownToken: string | undefined;
}

/** Service tokens: `/security/tokens`. */
export function serviceTokens({ api, server, timeoutMs, flags = '', ownToken }: ServiceTokenOptions): CredentialKind {
  const { tokens } = api;
  let own = ownToken;
  return {
    words: { ...serviceTokenWords, ...(flags === '' ? {} : { server: flags }) },
    server,
    timeoutMs,
    listTellsId: true,
    async list(call) {
      const { tokens: credentials, ...rest } = await tokens.list(call);
      return { credentials, ...rest };
    },
    async create({ name, roles = [], expiration, dedicatedSubject }, call) {
      if (roles.length === 0) {
        throw new UsageError('A new service token needs roles, but none are given. Nothing was created.', {
          hints: ['Give it at least one role: --roles ROLE[,ROLE...]'],
        });
      }
      const wanted = {
        name,
        roles,
        ...(expiration === undefined ? {} : { expiration }),
        ...(dedicatedSubject === undefined ? {} : { dedicatedSubject }),
      };
      const created = await tokens.create(wanted, call).catch((error: unknown) => {
        throw error instanceof ServerError && error.status === 400 && error.type !== 'ServiceTokenInvalidExpiryError'
          ? error.because('', { hints: [...error.hints, ...subjectHints(roles)] })
          : error;
      });
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
    // The server removes a dedicated subject together with its token. The new token would lose its subject.
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

/** Hints for creating a missing role. The server's refusal does not say for certain that a role is missing. */
function subjectHints(roles: readonly string[]): string[] {
  return [
    "If a role does not exist, create a subject with its name, using StackState's own sts CLI:",
    ...roles.flatMap((role) => [
      `  sts rbac create-subject --subject ${shellWord(role)}`,
      `  sts rbac grant --subject ${shellWord(role)} --permission update-metrics`,
    ]),
    'For a token that is used by one cluster only, grant update-scoped-permissions for that cluster as well.',
  ];
}
