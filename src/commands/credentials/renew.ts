import type { NewCredential } from '../../credentials/ports.ts';
import type { Finding, RenewalPlan, RenewalResult } from '../../credentials/renew.ts';
import { type Duration, durationMs, parseDuration } from '../../dates.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import { type Flags, flagEntries, type Outcome, type Session, type Verb, verb } from '../verb.ts';
import { deliveredTo, refuseClosedStdout, showSecret } from './delivered.ts';
import type { SaveContextOption } from './delivery-flags.ts';
import { type DeliveryPlan, planDelivery } from './delivery-plan.ts';
import { endOf, expirationOf } from './expiration.ts';
import { nameFlag } from './flags.ts';
import { mostAtOnce } from './pool.ts';
import { checkReplace, type ReplaceOptions, replaceFlags, rotated, rotationPlanOf } from './rotate.ts';

export interface RenewOptions extends ReplaceOptions {
  /** Absent with a plan alone. */
  readonly name: string;
  readonly renewBefore?: Duration;
  readonly plan?: string;
  readonly parallel?: number;
}

/**
 * `renew`: makes sure that a fresh credential is where it belongs.
 * @param own the flags that this kind alone has, and what they ask for.
 */
export function renewVerb<Own extends object>(
  noun: CredentialNoun,
  own: { readonly flags: Flags<Own>; readonly asked: (options: Own) => Partial<NewCredential>; readonly examples: string },
): Verb<RenewOptions & Own> {
  const { short } = noun.words;
  const common: Flags<RenewOptions> = {
    name: nameFlag(noun, `name of the ${short}`),
    renewBefore: {
      long: 'renew-before',
      value: 'duration',
      parse: (text) => parseDuration(text, '--renew-before'),
      help: 'how long before its end it is replaced (default a third of its lifetime)',
    },
    plan: { long: 'plan', value: 'file', help: 'renew all that this YAML file lists; "-" reads it from stdin', complete: 'file' },
    parallel: {
      long: 'parallel',
      value: 'number',
      parse: parseParallel,
      help: 'with --plan: how many at a time, 1 to 8 (default 8)',
    },
    ...replaceFlags(noun),
  };
  const definition: Verb<RenewOptions & Own> = {
    name: 'renew',
    summary: `Create or replace ${noun.aNoun} where that is due`,
    description: `Make sure that a fresh ${noun.words.noun} is where it belongs. Nothing happens until something is due, so this may run every night.`,
    // Both parts have every one of their options: the compiler cannot see that of a sum with a type parameter.
    flags: { ...common, ...own.flags } as unknown as Flags<RenewOptions & Own>,
    examples: own.examples,
    exitCodes: [...requestExitCodes, ExitCode.unknownOutcome, ExitCode.notTakenOver],
    check: (options) => {
      if (options.plan !== undefined) refuseBesidePlan(definition, options);
      checkRenew(options);
    },
    async run(options, session) {
      const one = (single: RenewOptions, its: Session) => runRenew(noun, single, own.asked(single as RenewOptions & Own), its);
      if (options.plan === undefined) return one(options, session);
      const { renewMany } = await import('./renew-many.ts');
      const { plan, parallel = mostAtOnce, dryRun = false } = options;
      return renewMany(noun, verb(definition), { plan, parallel, dryRun }, session, one);
    },
  };
  return definition;
}

function parseParallel(text: string): number {
  if (/^[1-8]$/.test(text)) return Number(text);
  throw new UsageError(`--parallel takes a number from 1 to ${mostAtOnce}, not ${JSON.stringify(text)}.`);
}

/** Flags that are about a plan as a whole. */
const ofPlans: readonly string[] = ['plan', 'parallel', 'dry-run'];

/** A flag of one renewal would be ignored in silence otherwise. @throws UsageError */
function refuseBesidePlan<Options extends RenewOptions>(renew: Verb<Options>, options: Options): void {
  const stray = flagEntries(verb(renew))
    .filter(([name, { long }]) => !ofPlans.includes(long) && isGiven(options[name as keyof Options]))
    .map(([, { long }]) => `--${long}`);
  if (stray.length === 0) return;
  throw new UsageError(`--plan says what to renew and how: ${stray.join(' and ')} cannot be given beside it.`, {
    hints: [`Write it into the plan, in each renewal that it is for: ${stray[0]?.slice(2)}: ...`],
  });
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false;
}

/** @throws UsageError */
export function checkRenew(options: RenewOptions & SaveContextOption): void {
  if (options.plan !== undefined) return;
  if (options.name === undefined) throw new UsageError('A flag is missing: --name NAME, or --plan FILE for many.');
  if (options.parallel !== undefined) throw new UsageError('--parallel is about a plan: add --plan FILE, or leave it out.');
  checkReplace(options);
  const { keyFile, kubernetesSecret, keyCommand, saveContext } = options;
  if (saveContext) return;
  if ((keyFile !== undefined && keyFile !== '-') || kubernetesSecret !== undefined || keyCommand !== undefined) return;
  throw new UsageError('Say where the key belongs: renew looks there whether it is still good.', {
    hints: ['Give one of: --key-file PATH, --kubernetes-secret [NAMESPACE/]NAME, --key-command COMMAND'],
  });
}

/** One renewal. @param first what a first credential is asked for, beside its name and its end. */
export async function runRenew(
  noun: CredentialNoun,
  options: RenewOptions & SaveContextOption,
  first: Partial<NewCredential>,
  session: Session,
): Promise<Outcome> {
  const { world } = session;
  const delivery = planDelivery(options, world);
  refuseClosedStdout(delivery, session);
  const [{ renew, find }, { destinationOf }, { runOf }] = await Promise.all([
    import('../../credentials/renew.ts'),
    import('./destination.ts'),
    import('./run.ts'),
  ]);
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
  const told = (outcome: Outcome) => (delivery.to === 'command' ? goingByName(noun, outcome) : outcome);
  if (!options.dryRun) {
    const result = await renew(run, plan);
    return told(renewed(noun, delivery, result, destination.description, run.serverClock.now()));
  }
  try {
    const { listReported } = await import('../../credentials/rotate.ts');
    const finding = await find(run, plan, await listReported(run), { outcome: 'nothing' });
    return told(foundOnly(noun, options.name, finding, run.serverClock.now()));
  } finally {
    await destination.close();
  }
}

/** A command cannot be asked what it was given. */
function goingByName({ words }: CredentialNoun, outcome: Outcome): Outcome {
  const note = `What the command holds cannot be read, so this goes by the newest ${words.short} of the name alone.`;
  return { ...outcome, notes: [...(outcome.notes ?? []), note] };
}

function renewed(noun: CredentialNoun, delivery: DeliveryPlan, result: RenewalResult, place: string, now: number): Outcome {
  switch (result.outcome) {
    case 'fresh':
      return freshOutcome(noun, result.finding, now);
    case 'rotated': {
      const outcome = rotated(noun, noun, delivery, result.rotation, place, now);
      return { ...outcome, data: { ...outcome.data, renewed: true } };
    }
    case 'created': {
      const delivered = deliveredTo(delivery, noun, result.creation.issued, place);
      const { sameName } = result.creation;
      const others =
        sameName.length === 0
          ? []
          : [
              `${sameName.length} other ${noun.words.short}${sameName.length === 1 ? '' : 's'} of that name may not be used any more: ${sameName.join(', ')}.`,
            ];
      const why =
        result.finding.reason === 'refused' ? `The server refuses what ${place} held.` : `${place} held no ${noun.words.short}.`;
      const endless =
        result.creation.issued.expiration === undefined
          ? [
              `The new ${noun.words.short} never expires, so renew will never replace it. Say how long the next one is to live: --expires-in 90d`,
            ]
          : [];
      return { ...delivered, data: { ...delivered.data, renewed: true }, notes: [capital(why), ...others], warnings: endless };
    }
  }
}

function freshOutcome(noun: CredentialNoun, { credential }: Finding, now: number): Outcome {
  const shown = credential === undefined ? {} : { [noun.words.command]: documentOf(credential) };
  const line =
    credential === undefined
      ? `${noun.titled} is up to date`
      : `${noun.titled} is up to date: ${credential.id} (${credential.name}), expires ${endOf(credential, now)}`;
  return { data: { ...shown, renewed: false }, text: (view) => view.success(line) };
}

/** `--dry-run` */
function foundOnly(noun: CredentialNoun, name: string, finding: Finding, now: number): Outcome {
  const { reason, credential } = finding;
  if (reason === 'fresh') return freshOutcome(noun, finding, now);
  const { short } = noun.words;
  const what = {
    missing: `A new ${short} named ${name} would be created: there is none where it belongs.`,
    refused: `A new ${short} named ${name} would be created: the server refuses the one that is there.`,
    due: `The ${short} ${credential?.id} (${name}), expires ${credential === undefined ? '' : endOf(credential, now)}, would be replaced.`,
  }[reason];
  return { data: { [`would-renew-${noun.words.command}`]: { name, reason }, renewed: false }, text: () => `${visible(what)}\n` };
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
