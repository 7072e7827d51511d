import type { NewCredential } from '../../credentials/ports.ts';
import { createVerb } from '../credentials/create.ts';
import { type SaveContextOption, saveContextFlag } from '../credentials/delivery-flags.ts';
import { renewVerb } from '../credentials/renew.ts';
import { rotateVerb } from '../credentials/rotate.ts';
import { verifyVerb } from '../credentials/verify.ts';
import { serviceTokens } from '../nouns.ts';
import { type Flags, type Verb, verb } from '../verb.ts';
import { parseRoles } from './roles.ts';

interface TokenOptions {
  readonly roles?: readonly string[];
  readonly dedicatedSubject?: string;
}

const flags: Flags<TokenOptions> = {
  roles: { long: 'roles', value: 'role[,role...]', repeatable: true, parse: parseRoles, help: 'roles of the token; repeatable' },
  dedicatedSubject: {
    long: 'dedicated-subject',
    // As the Go CLI spells it.
    alias: 'dedicatedSubject',
    value: 'subject',
    help: 'make a subject for this token alone; it is deleted together with the token',
  },
};

function asked({ roles, dedicatedSubject }: TokenOptions): Partial<NewCredential> {
  return {
    ...(roles === undefined ? {} : { roles: [...new Set(roles)] }),
    ...(dedicatedSubject === undefined ? {} : { dedicatedSubject }),
  };
}

const create = createVerb<TokenOptions>(serviceTokens, {
  flags: { ...flags, roles: { ...flags.roles, required: true } },
  asked,
  examples: `  # a token for agents and collectors
  sts service-token create --name otel --roles stackstate-ingest-telemetry --expires-in 90d

  # the token alone, for a script
  sts service-token create --name ci --roles stackstate-power-user -q

  # the Secret of the OpenTelemetry collector
  sts service-token create --name otel --roles stackstate-ingest-telemetry --kubernetes-secret open-telemetry/open-telemetry-collector`,
});

const rotate = rotateVerb(serviceTokens, {
  flags: saveContextFlag,
  examples: `  # a new token beside the old one; the last line says how to delete the old one
  sts service-token rotate --name otel

  # into a Secret, with a restart of what uses it
  sts service-token rotate --name otel --kubernetes-secret open-telemetry/open-telemetry-collector \\
    --restart deployment/opentelemetry-collector --delete-old

  # the very token of the current context
  sts service-token rotate --name admin --save-context --delete-old`,
});

const renew = renewVerb<TokenOptions & SaveContextOption>(serviceTokens, {
  flags: { ...flags, ...saveContextFlag },
  asked,
  examples: `  # every night: nothing happens until a third of the token's lifetime is left
  sts service-token renew --name otel --roles stackstate-ingest-telemetry --expires-in 90d --key-file ./otel.token --delete-old

  # the very token of the current context, every night
  sts service-token renew --name admin --save-context --delete-old`,
});

const verify = verifyVerb<object>(serviceTokens, {
  flags: {},
  async verify(session, secret) {
    const api = await session.api();
    return api.tokens.validate(secret, { signal: session.world.interrupt });
  },
  examples: `  # a token file, whatever its format
  sts service-token verify --key-file ./otel.token

  # the token that a cluster uses
  sts service-token verify --kubernetes-secret open-telemetry/open-telemetry-collector`,
});

/** What tokens have of their own; list, get and delete are the same for both nouns. */
export const ownVerbs: readonly Verb[] = [verb(create), verb(renew), verb(rotate), verb(verify)];
