import type { CreationResult } from '../../credentials/create.ts';
import type { NewCredential } from '../../credentials/ports.ts';
import { ExitCode } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Flags, Outcome, Session, Verb } from '../verb.ts';
import { deliveredTo, refuseClosedStdout, showSecret } from './delivered.ts';
import { type DeliveryOptions, deliveryFlags } from './delivery-flags.ts';
import { planDelivery } from './delivery-plan.ts';
import { type ExpirationOptions, endOf, expirationFlags, expirationOf } from './expiration.ts';
import { nameFlag } from './flags.ts';

export interface CreateOptions extends DeliveryOptions, ExpirationOptions {
  readonly name: string;
}

/**
 * `create`: creates a credential and delivers it, or leaves none behind.
 * @param own the flags that this kind alone has, and what they ask for.
 */
export function createVerb<Own extends object>(
  noun: CredentialNoun,
  own: { readonly flags: Flags<Own>; readonly asked: (options: Own) => Partial<NewCredential>; readonly examples: string },
): Verb<CreateOptions & Own> {
  const common: Flags<CreateOptions> = {
    name: { ...nameFlag(noun, `name of the ${noun.words.short}`), required: true },
    ...expirationFlags('never'),
    ...deliveryFlags('replace the key file, or the key in the Secret, that is there'),
  };
  return {
    name: 'create',
    summary: `Create a new ${noun.title}`,
    // Both parts have every one of their options: the compiler cannot see that of a sum with a type parameter.
    flags: { ...common, ...own.flags } as unknown as Flags<CreateOptions & Own>,
    examples: own.examples,
    exitCodes: [...requestExitCodes, ExitCode.unknownOutcome, ExitCode.notTakenOver],
    check: (options) => void planDelivery(options, { resolvePath: (path) => path }),
    run: (options, session) => runCreate(noun, options, own.asked(options), session),
  };
}

async function runCreate(
  noun: CredentialNoun,
  options: CreateOptions,
  asked: Partial<NewCredential>,
  session: Session,
): Promise<Outcome> {
  const { world, progress } = session;
  const plan = planDelivery(options, world);
  const expiration = expirationOf(options, world.now());
  refuseClosedStdout(plan, session);
  const [{ create }, { destinationOf }, { runOf }] = await Promise.all([
    import('../../credentials/create.ts'),
    import('./destination.ts'),
    import('./run.ts'),
  ]);
  const destination = await destinationOf(plan, { session, show: showSecret(session, noun), isReplaced: false, mayCreate: true });
  const run = runOf(session, await noun.kind(session), destination);
  const result = await create(run, {
    wanted: { name: options.name, ...asked },
    expiration,
    isRelative: options.expiresIn !== undefined,
    verify: plan.to === 'kubernetes' || plan.to === 'command',
    look: progress.isTerminal,
  });
  const delivered = deliveredTo(plan, noun, result.issued, destination.description);
  const now = run.serverClock.now();
  return {
    ...delivered,
    notes: notesOf(noun, result, now, plan.to === 'result' || plan.to === 'stdout'),
    warnings: warningsOf(result, now),
  };
}

/** What helps somebody at a terminal. */
function notesOf({ words }: CredentialNoun, { issued, sameName }: CreationResult, now: number, isShown: boolean): string[] {
  const id = issued.id === undefined ? '' : `Id: ${issued.id}. `;
  const shared =
    sameName.length === 0
      ? []
      : [
          `${sameName.length === 1 ? `Another ${words.short} has` : `${sameName.length} other ${words.short}s have`} the same name: ${sameName.join(', ')}.`,
        ];
  return [`${id}Expires: ${endOf(issued, now)}. ${isShown ? `The ${words.short} is shown this once.` : ''}`.trim(), ...shared];
}

/** The server decides when a credential ends: that it differs from what was asked is something wrong. */
function warningsOf({ issued, wanted }: CreationResult, now: number): string[] {
  const { expiration } = wanted;
  if (issued.expiration === expiration) return [];
  const asked = expiration === undefined ? '' : `, not ${endOf({ expiration }, now)}`;
  return [`The server set another expiration than asked: ${endOf(issued, now)}${asked}.`];
}
