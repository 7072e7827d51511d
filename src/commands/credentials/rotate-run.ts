import { type RotationPlan, rotate } from '../../credentials/rotate.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Outcome, Session } from '../verb.ts';
import { refuseClosedStdout, showSecret } from './delivered.ts';
import type { SaveContextOption } from './delivery-flags.ts';
import { planDelivery } from './delivery-plan.ts';
import { destinationOf } from './destination.ts';
import { expirationOf } from './expiration.ts';
import { rotated, rotationPlanOf } from './replacement.ts';
import type { RotateOptions } from './rotate.ts';
import { runOf } from './run.ts';

/** Runs `rotate`. @param target which credential is replaced. */
export async function runRotate(
  noun: CredentialNoun,
  options: RotateOptions & SaveContextOption,
  target: RotationPlan['target'],
  session: Session,
): Promise<Outcome> {
  const { world } = session;
  const delivery = planDelivery(options, world);
  expirationOf(options, world.now());
  refuseClosedStdout(delivery, session);
  const destination = await destinationOf(delivery, {
    session,
    show: showSecret(session, noun),
    isReplaced: true,
    mayCreate: false,
  });
  const run = runOf(session, await noun.kind(session), destination);
  const plan = rotationPlanOf(target, options, { now: world.now(), readersNeedMs: destination.readersNeedMs });
  if (options.dryRun) {
    const { dryRotation } = await import('./dry-run.ts');
    return dryRotation(run, plan).finally(() => destination.close());
  }
  const result = await rotate(run, plan);
  return rotated(noun, noun, delivery, result, destination.description, run.serverClock.now(), run.oldKind.words.server);
}
