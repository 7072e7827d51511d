import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { ingestRole, parseRoles } from '../service-token/roles.ts';
import type { Verb } from '../verb.ts';
import { nameFlag } from './flags.ts';
import { checkReplace, type ReplaceOptions, replaceFlags } from './rotate.ts';

export interface MigrateOptions extends ReplaceOptions {
  readonly name: string;
  readonly roles?: readonly string[];
}

/** `ingestion-api-key migrate`: replaces a key by a service token of the same name and lifetime, where the key was. */
export function migrateVerb(keys: CredentialNoun, tokens: CredentialNoun): Verb<MigrateOptions> {
  return {
    name: 'migrate',
    summary: 'Replace an ingestion API key by a service token',
    description:
      'Replace an ingestion API key by a service token of the same name and lifetime: create it, verify it, put it where the key was, and only then touch the key. Platforms from SUSE Observability 2.3.6 on take service tokens alone.',
    flags: {
      name: { ...nameFlag(keys, 'name of the key to replace'), required: true },
      roles: {
        long: 'roles',
        value: 'role[,role...]',
        repeatable: true,
        parse: parseRoles,
        help: `roles of the token; repeatable (default ${ingestRole})`,
      },
      ...replaceFlags(keys),
    },
    examples: `  # the key of a collector, where it is used
  sts ingestion-api-key migrate --name otel --kubernetes-secret open-telemetry/open-telemetry-collector \\
    --restart deployment/opentelemetry-collector --delete-old

  # a key file
  sts ingestion-api-key migrate --name ci --key-file ./ingestion.key --delete-old --after 10m`,
    exitCodes: [...requestExitCodes, ExitCode.unknownOutcome, ExitCode.notTakenOver],
    check: checkReplace,
    async run(options, session) {
      const { runMigrate } = await import('./migrate-run.ts');
      return runMigrate(keys, tokens, options, session);
    },
  };
}
