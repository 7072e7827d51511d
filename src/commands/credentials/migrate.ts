import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { ingestRole, parseRoles } from '../service-token/roles.ts';
import type { Outcome, Session, Verb } from '../verb.ts';
import { refuseClosedStdout, showSecret } from './delivered.ts';
import { planDelivery } from './delivery-plan.ts';
import { nameFlag } from './flags.ts';
import { checkReplace, type ReplaceOptions, replaceFlags, rotated, rotationPlanOf } from './rotate.ts';

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
    run: (options, session) => runMigrate(keys, tokens, options, session),
  };
}

async function runMigrate(
  keys: CredentialNoun,
  tokens: CredentialNoun,
  options: MigrateOptions,
  session: Session,
): Promise<Outcome> {
  const { world } = session;
  const delivery = planDelivery(options, world);
  refuseClosedStdout(delivery, session);
  const [{ rotate }, { destinationOf }, { runOf }] = await Promise.all([
    import('../../credentials/rotate.ts'),
    import('./destination.ts'),
    import('./run.ts'),
  ]);
  const open = { session, show: showSecret(session, tokens), isReplaced: true, mayCreate: false };
  const destination = await destinationOf(delivery, open);
  const run = runOf(session, await tokens.kind(session), destination, await keys.kind(session));
  const plan = {
    ...rotationPlanOf({ name: options.name }, options, { now: world.now(), readersNeedMs: destination.readersNeedMs }),
    instead: { roles: options.roles ?? [ingestRole] },
  };
  if (options.dryRun) {
    const { dryRotation } = await import('./dry-run.ts');
    return dryRotation(run, plan).finally(() => destination.close());
  }
  const result = await rotate(run, plan);
  return rotated(tokens, keys, delivery, result, destination.description, run.serverClock.now());
}
