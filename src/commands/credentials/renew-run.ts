import type { NewCredential } from '../../credentials/ports.ts';
import { type RenewalPlan, renew } from '../../credentials/renew.ts';
import { durationMs } from '../../dates.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Outcome, Session } from '../verb.ts';
import { refuseClosedStdout, showSecret } from './delivered.ts';
import type { SaveContextOption } from './delivery-flags.ts';
import { planDelivery } from './delivery-plan.ts';
import { destinationOf } from './destination.ts';
import { expirationOf } from './expiration.ts';
import type { RenewOptions } from './renew.ts';
import { goingByName, type RenewOutcome, renewed } from './renew-outcomes.ts';
import { rotationPlanOf } from './replacement.ts';
import { runOf } from './run.ts';

/** One renewal. @param first what a first credential is asked for, beside its name and its end. */
export async function runRenew(
  noun: CredentialNoun,
  options: RenewOptions & SaveContextOption,
  first: Partial<NewCredential>,
  session: Session,
): Promise<RenewOutcome> {
  const { world } = session;
  const delivery = planDelivery(options, world);
  refuseClosedStdout(delivery, session);
  const open = { session, show: showSecret(session, noun), isReplaced: true, mayCreate: true };
  const destination = await destinationOf(delivery, open);
  const run = runOf(session, await noun.kind(session), destination);
  const plan: RenewalPlan = {
    ...rotationPlanOf({ name: options.name }, options, { now: world.now(), readersNeedMs: destination.readersNeedMs }),
    target: { name: options.name },
    expiration: expirationOf(options, world.now()),
    renewBeforeMs: options.renewBefore === undefined ? undefined : durationMs(options.renewBefore),
    first,
  };
  const told = <Its extends Outcome>(outcome: Its) => (delivery.to === 'command' ? goingByName(noun, outcome) : outcome);
  if (!options.dryRun) {
    const result = await renew(run, plan);
    return told(
      renewed(noun, delivery, result, destination.description, {
        now: run.serverClock.now(),
        server: run.kind.words.server,
      }),
    );
  }
  const { dryRenewal } = await import('./renew-dry-run.ts');
  return told(await dryRenewal(noun, run, plan).finally(() => destination.close()));
}
