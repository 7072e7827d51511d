import { basename, dirname } from 'node:path';
import { InterruptedError, StsError, UsageError } from '../../errors.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Board, Outcome, Session, Verb } from '../verb.ts';
import type { SaveContextOption } from './delivery-flags.ts';
import { planDelivery } from './delivery-plan.ts';
import { namedProgress } from './named-progress.ts';
import { outcomeOf, type PlanResult } from './plan-results.ts';
import { pool } from './pool.ts';
import type { RenewOptions } from './renew.ts';
import type { RenewOutcome } from './renew-outcomes.ts';
import type { PlannedRenewal } from './renewal-plan.ts';

export interface ManyOptions {
  /** Path of the plan, as given. */
  readonly plan: string;
  /** How many at a time. */
  readonly parallel: number;
  readonly dryRun: boolean;
}

/** Does one renewal of a plan. */
export type RenewOne = (options: RenewOptions, session: Session) => Promise<RenewOutcome>;

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
  const results = new Map<PlannedRenewal, PlanResult>();
  const board = await session.progress.board();
  const { reportOf } = await import('./plan-report.ts');
  const report = reportOf({ total: renewals.length, dryRun: options.dryRun, session, board });
  try {
    for (const wave of wavesOf(renewals)) {
      const work = async (renewal: PlannedRenewal) => {
        const result = await carryOut(renewal, { ...options, session, board, renewOne });
        results.set(renewal, result);
        await report(result);
      };
      await pool(wave, options.parallel, work, ({ context }) => context);
    }
  } finally {
    await board?.close();
  }
  const inOrder = renewals.flatMap((renewal) => results.get(renewal) ?? []);
  return outcomeOf(noun, inOrder, { dryRun: options.dryRun, session });
}

/** What replaces the token of a context comes last: the others read that token when they begin, and are refused once it is deleted. */
function wavesOf(renewals: readonly PlannedRenewal[]): readonly (readonly PlannedRenewal[])[] {
  const replacesToken = ({ options }: PlannedRenewal) => (options as RenewOptions & SaveContextOption).saveContext === true;
  return [renewals.filter((renewal) => !replacesToken(renewal)), renewals.filter(replacesToken)];
}

async function readPlanFile(path: string, renew: Verb, { world, globals }: Session): Promise<readonly PlannedRenewal[]> {
  const [{ readPlan }, { readInput }, { serverFlag }] = await Promise.all([
    import('./renewal-plan.ts'),
    import('./read-input.ts'),
    import('../../config/environment.ts'),
  ]);
  const renewals = readPlan(path, await readInput(path, 'plan', largestPlan, world), renew);
  const flag = serverFlag(globals);
  if (flag !== undefined && renewals.length > 0 && renewals.every(({ context }) => context !== undefined)) {
    throw new UsageError(`Each renewal of the plan names its context, so ${flag} has nothing to work on.`, {
      hints: [`Leave out ${flag}, or the context of each renewal that it is for.`],
    });
  }
  await refuseSharedDestinations(path === '-' ? 'stdin' : path, renewals, world);
  return renewals;
}

/** Two credentials cannot be in one place: each run would write one over the other. @throws UsageError */
async function refuseSharedDestinations(
  path: string,
  renewals: readonly PlannedRenewal[],
  world: Session['world'],
): Promise<void> {
  const lines = new Map<string, number>();
  const folders = foldersOf(world);
  for (const { context, options, line } of renewals) {
    const delivery = planDelivery(options, world);
    if (delivery.to === 'command') continue;
    const place =
      delivery.to === 'file'
        ? JSON.stringify([await folders(dirname(delivery.path)), basename(delivery.path)])
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

/** What tells a folder from others, whatever path leads to it: a symbolic link, or a mount. The path itself where there is no folder. */
function foldersOf({ disk }: Session['world']): (path: string) => Promise<string> {
  const known = new Map<string, string>();
  return async (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const look = await disk();
    const facts = await look
      .realpath(path)
      .then((real) => look.facts(real))
      .catch(() => undefined);
    const folder = facts === undefined ? path : `${facts.device}:${facts.inode}`;
    known.set(path, folder);
    return folder;
  };
}

interface Given {
  readonly dryRun: boolean;
  readonly session: Session;
  readonly board: Board | undefined;
  readonly renewOne: RenewOne;
}

/** One renewal, with a session of its own that is closed at its end. Whatever fails becomes part of the result. */
async function carryOut(renewal: PlannedRenewal, { dryRun, session, board, renewOne }: Given): Promise<PlanResult> {
  const { context, options } = renewal;
  const title = context === undefined ? options.name : `${context}/${options.name}`;
  const { interrupt } = session.world;
  if (interrupt.aborted) {
    const signal = interrupt.reason instanceof InterruptedError ? interrupt.reason.signalName : 'SIGINT';
    return { title, renewal, begun: false, failure: new InterruptedError(signal, `${title}: not begun.`) };
  }
  const row = board?.begin(title);
  const own = session.fork(context);
  const progress = namedProgress(own.progress, title, row);
  try {
    const outcome = await renewOne(dryRun ? { ...options, dryRun } : options, { ...own, progress });
    const [first] = outcome.failures ?? [];
    return { title, renewal, begun: true, outcome, ...(first === undefined ? {} : { failure: named(title, first) }) };
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    return { title, renewal, begun: true, failure: named(title, error) };
  } finally {
    row?.end();
    await own.close();
  }
}

function named(title: string, error: StsError): StsError {
  return new StsError(error.exitCode, `${title}: ${error.message}`, { hints: error.hints, cause: error });
}
