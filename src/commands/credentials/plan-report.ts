import { visible } from '../../escape.ts';
import type { Board, Session, View } from '../verb.ts';
import { count, emptyTally, linesOf, type PlanResult, tallyText } from './plan-results.ts';

interface ReportOptions {
  /** How many renewals the plan has. */
  readonly total: number;
  readonly dryRun: boolean;
  readonly session: Session;
  /** Shows what is in work; undefined where nothing is animated. */
  readonly board: Board | undefined;
}

/**
 * Says on a terminal how each renewal went, as soon as it ends: with thousands of them or an hour's `--after` nobody waits for the end to
 * see what failed. Elsewhere nothing is said before the end.
 * @returns takes each result.
 */
export function reportOf({ total, dryRun, session, board }: ReportOptions): (result: PlanResult) => Promise<void> {
  const { progress, globals, world } = session;
  const tally = emptyTally();
  let begun = 0;
  const summarize = () => {
    const stopped = world.interrupt.aborted ? 'Interrupted, ending what has begun: ' : '';
    board?.summary(`${stopped}${begun} of ${total} ${dryRun ? 'looked at' : 'done'}: ${tallyText(tally, dryRun)}`);
  };
  const view: View = {
    color: false,
    width: undefined,
    wide: false,
    prometheus: false,
    now: world.now(),
    success: (message) => `${progress.marks.success} ${visible(message)}\n`,
  };
  summarize();
  world.interrupt.addEventListener('abort', summarize, { once: true });
  return async (result) => {
    count(tally, result);
    if (result.begun) begun += 1;
    summarize();
    if (!progress.isTerminal || !result.begun) return;
    const { title, outcome, failure } = result;
    const done = globals.quiet === true || dryRun ? [] : await linesOf(result, view);
    const failed =
      failure === undefined ? [] : [`${progress.marks.error} ${failure.message}`, ...failure.hints.map((hint) => `  ${hint}`)];
    const warnings = (outcome?.warnings ?? []).map((warning) => `${progress.marks.warning} ${title}: ${warning}`);
    const notes = (outcome?.notes ?? []).map((note) => `${title}: ${note}`);
    const text = [...done, ...[...failed, ...warnings, ...notes].map((line) => `${visible(line)}\n`)].join('');
    if (text === '') return;
    if (board === undefined) await progress.passOn(text);
    else board.tell(text);
  };
}
