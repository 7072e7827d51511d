import { ExitCode, InterruptedError, StsError, UsageError } from '../../errors.ts';
import type { JsonValue } from '../../json.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Members, Outcome, Progress, Session, Text, Verb, View } from '../verb.ts';
import { planDelivery } from './delivery-plan.ts';
import { gravestFirst } from './gravity.ts';
import { pool } from './pool.ts';
import type { RenewOptions } from './renew.ts';
import type { PlannedRenewal } from './renewal-plan.ts';

export interface ManyOptions {
  /** Path of the plan, as given. */
  readonly plan: string;
  /** How many at a time. */
  readonly parallel: number;
  readonly dryRun: boolean;
}

/** Does one renewal of a plan. */
export type RenewOne = (options: RenewOptions, session: Session) => Promise<Outcome>;

interface Result {
  /** `prod-eu/otel` */
  readonly title: string;
  readonly renewal: PlannedRenewal;
  readonly outcome: Outcome | undefined;
  readonly failure: StsError | undefined;
}

const largestPlan = 16 * 1024 * 1024;

/**
 * `renew --plan FILE`: many renewals, some at a time. A failure stops no other one; an interrupt lets what has begun come to its end, and
 * the rest is not begun.
 */
export async function renewMany(
  noun: CredentialNoun,
  renew: Verb,
  options: ManyOptions,
  session: Session,
  renewOne: RenewOne,
): Promise<Outcome> {
  const renewals = await readPlanFile(options.plan, renew, session);
  let done = 0;
  const results = await pool(renewals, options.parallel, async (renewal) => {
    const result = await one(renewal, options.dryRun, session, renewOne);
    done += 1;
    await session.progress.status(`${done} of ${renewals.length} renewals done; the last: ${result.title}`);
    return result;
  });
  await session.progress.status('');
  return outcomeOf(noun, results);
}

async function readPlanFile(path: string, renew: Verb, { world }: Session): Promise<readonly PlannedRenewal[]> {
  const [{ readPlan }, { readInput }] = await Promise.all([import('./renewal-plan.ts'), import('./read-input.ts')]);
  const renewals = readPlan(path, await readInput(path, 'plan', largestPlan, world), renew);
  refuseSharedDestinations(path, renewals, world);
  return renewals;
}

/** Two credentials cannot be in one place: each run would write one over the other. @throws UsageError */
function refuseSharedDestinations(path: string, renewals: readonly PlannedRenewal[], world: Session['world']): void {
  const lines = new Map<string, number>();
  for (const { context, options, line } of renewals) {
    const delivery = planDelivery(options, world);
    if (delivery.to === 'command') continue;
    const place =
      delivery.to === 'file'
        ? delivery.path
        : delivery.to === 'kubernetes'
          ? JSON.stringify([delivery.secret, delivery.field, delivery.kubeconfig, delivery.kubeContext])
          : `context ${context}`;
    const before = lines.get(place);
    if (before !== undefined) {
      throw new UsageError(`${path}:${line}: the renewal of line ${before} writes to the same place.`, {
        hints: ['Give each renewal a key file, a Secret or a field of its own.'],
      });
    }
    lines.set(place, line);
  }
}

async function one(renewal: PlannedRenewal, dryRun: boolean, session: Session, renewOne: RenewOne): Promise<Result> {
  const { context, options } = renewal;
  const title = context === undefined ? options.name : `${context}/${options.name}`;
  const { interrupt } = session.world;
  const result = { title, renewal };
  if (interrupt.aborted) {
    const failure = new InterruptedError(
      interrupt.reason instanceof InterruptedError ? interrupt.reason.signalName : 'SIGINT',
      `${title}: not begun.`,
    );
    return { ...result, outcome: undefined, failure };
  }
  const own = context === undefined ? session : session.forContext(context);
  const prefixed: Session = Object.create(own, { progress: { value: prefixedProgress(own.progress, title) } });
  try {
    const outcome = await renewOne(dryRun ? { ...options, dryRun } : options, prefixed);
    const [first] = outcome.failures ?? [];
    return { ...result, outcome, failure: first === undefined ? undefined : named(title, first) };
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    return { ...result, outcome: undefined, failure: named(title, error) };
  }
}

function named(title: string, error: StsError): StsError {
  return new StsError(error.exitCode, `${title}: ${error.message}`, { hints: error.hints, cause: error });
}

/** Of many at once each sentence has to say whose it is, and one line cannot show the state of all. */
function prefixedProgress(progress: Progress, title: string): Progress {
  return {
    isTerminal: progress.isTerminal,
    note: (sentence) => progress.note(`${title}: ${sentence}`),
    warn: (sentence) => progress.warn(`${title}: ${sentence}`),
    verbose: (line) => progress.verbose(`${title}: ${line}`),
    waiting: (_label, work) => work(),
    status: async () => false,
    passOn: (text) => progress.passOn(text),
    confirm: (question, hints) => progress.confirm(question, hints),
  };
}

function outcomeOf(noun: CredentialNoun, results: readonly Result[]): Outcome {
  const failures = results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const renewed = results.filter(({ outcome }) => outcome !== undefined && memberOf(outcome, 'renewed') === true).length;
  const due = results.filter(({ outcome }) => outcome !== undefined && isPlanned(outcome)).length;
  const fresh = results.length - renewed - due - failures.length;
  const planned = due === 0 ? {} : { 'would-renew': due };
  const summary = { failed: failures.length, renewed, total: results.length, 'up-to-date': fresh, ...planned };
  return {
    data: { renewals: results.map(documentOf), summary },
    async text(view) {
      const lines: string[] = [];
      for (const result of results) lines.push(...(await linesOf(result, view)));
      return `${lines.join('')}${results.length} ${noun.words.short}s in the plan: ${renewed} renewed,${due === 0 ? '' : ` ${due} to renew,`} ${fresh} up to date, ${failures.length} failed.\n`;
    },
    warnings: results.flatMap(({ title, outcome }) => (outcome?.warnings ?? []).map((warning) => `${title}: ${warning}`)),
    notes: results.flatMap(({ title, outcome }) => (outcome?.notes ?? []).map((note) => `${title}: ${note}`)),
    failures: gravestFirst(failures),
    exitCode: ExitCode.done,
  };
}

/** Whether `--dry-run` found something to do. */
function isPlanned({ data }: Outcome): boolean {
  return Object.keys(data).some((name) => name.startsWith('would-renew-'));
}

function memberOf({ data }: Outcome, name: string): JsonValue {
  return (data as Members)[name];
}

function documentOf({ renewal, outcome, failure }: Result): JsonValue {
  const { context, options } = renewal;
  return {
    ...(context === undefined ? {} : { context }),
    name: options.name,
    ...(outcome === undefined ? {} : (outcome.data as Members)),
    ...(failure === undefined ? {} : { error: true, 'error-message': failure.message, 'exit-code': failure.exitCode }),
  };
}

/** One line for each renewal; those that failed stand on stderr. */
async function linesOf({ title, outcome }: Result, view: View): Promise<string[]> {
  if (outcome === undefined) return [];
  const text = joined(await outcome.text({ ...view, success: (message) => view.success(`${title}: ${message}`) }));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.includes(`${title}: `) ? `${line}\n` : `${title}: ${line}\n`));
}

function joined(text: Text): string {
  return typeof text === 'string' ? text : [...text].join('');
}
