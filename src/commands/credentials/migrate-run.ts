import { rotate } from '../../credentials/rotate.ts';
import type { CredentialNoun } from '../nouns.ts';
import { ingestRole } from '../service-token/roles.ts';
import type { Outcome, Session } from '../verb.ts';
import { refuseClosedStdout, showSecret } from './delivered.ts';
import { planDelivery } from './delivery-plan.ts';
import { destinationOf } from './destination.ts';
import type { MigrateOptions } from './migrate.ts';
import { rotated, rotationPlanOf } from './replacement.ts';
import { runOf } from './run.ts';

/** Runs `migrate`. */
export async function runMigrate(
  keys: CredentialNoun,
  tokens: CredentialNoun,
  options: MigrateOptions,
  session: Session,
): Promise<Outcome> {
  const { world } = session;
  const delivery = planDelivery(options, world);
  refuseClosedStdout(delivery, session);
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
  return rotated(tokens, keys, delivery, result, destination.description, run.serverClock.now(), run.oldKind.words.server);
}
