import type { NewCredential } from '../../credentials/ports.ts';
import { type Duration, parseDuration } from '../../dates.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import type { CredentialNoun } from '../nouns.ts';
import { type Flags, flagEntries, type Session, type Verb, verb } from '../verb.ts';
import type { SaveContextOption } from './delivery-flags.ts';
import { nameFlag } from './flags.ts';
import { mostAtOnce } from './most-at-once.ts';
import { checkReplace, type ReplaceOptions, replaceFlags } from './rotate.ts';

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
      const { runRenew } = await import('./renew-run.ts');
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
function checkRenew(options: RenewOptions & SaveContextOption): void {
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
