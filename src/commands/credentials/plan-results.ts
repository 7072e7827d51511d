import { ExitCode, InterruptedError, type StsError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import type { JsonValue } from '../../json.ts';
import type { CredentialNoun } from '../nouns.ts';
import type { Members, Outcome, Session, Text, View } from '../verb.ts';
import { gravestFirst } from './gravity.ts';
import type { RenewOutcome } from './renew-outcomes.ts';
import type { PlannedRenewal } from './renewal-plan.ts';

/** How one renewal of a plan went. */
export interface PlanResult {
  /** `prod-eu/otel` */
  readonly title: string;
  readonly renewal: PlannedRenewal;
  /** False where an interrupt came first. */
  readonly begun: boolean;
  readonly outcome?: RenewOutcome;
  readonly failure?: StsError;
}

/** How many renewals of a plan went how. Each counts once. */
export interface Tally {
  renewed: number;
  /** What a dry run found to be due. */
  due: number;
  fresh: number;
  failed: number;
  notBegun: number;
}

export function emptyTally(): Tally {
  return { renewed: 0, due: 0, fresh: 0, failed: 0, notBegun: 0 };
}

export function count(tally: Tally, { begun, outcome, failure }: PlanResult): void {
  if (!begun) tally.notBegun += 1;
  else if (failure !== undefined) tally.failed += 1;
  else if (outcome?.finding !== undefined && outcome.finding.reason !== 'fresh') tally.due += 1;
  else if ((outcome?.data as Members | undefined)?.['renewed'] === true) tally.renewed += 1;
  else tally.fresh += 1;
}

/** `2 renewed, 1 up to date, 0 failed` */
export function tallyText({ renewed, due, fresh, failed, notBegun }: Tally, dryRun: boolean): string {
  const done = dryRun ? `${due} would be renewed` : `${renewed} renewed`;
  return `${done}, ${fresh} up to date, ${failed} failed${notBegun === 0 ? '' : `, ${notBegun} not begun`}`;
}

export interface OutcomeOptions {
  readonly dryRun: boolean;
  readonly session: Session;
}

/** What a plan gives back. What was said while it ran, on a terminal, is not said again. @param results in the plan's order. */
export function outcomeOf(noun: CredentialNoun, results: readonly PlanResult[], { dryRun, session }: OutcomeOptions): Outcome {
  const { progress, world, globals } = session;
  const tally = emptyTally();
  for (const result of results) count(tally, result);
  const failures = failuresOf(results);
  const told = progress.isTerminal;
  const hasLines = !(told && world.stdout.isTTY);
  const summary = {
    failed: tally.failed,
    renewed: tally.renewed,
    total: results.length,
    'up-to-date': tally.fresh,
    ...(dryRun ? { 'would-renew': tally.due } : {}),
    ...(tally.notBegun === 0 ? {} : { 'not-begun': tally.notBegun }),
  };
  const plan = `${results.length} ${noun.words.short}${results.length === 1 ? '' : 's'} in the plan`;
  const done = `${plan}: ${tallyText(tally, dryRun)}.`;
  return {
    data: { renewals: results.map(documentOf), summary },
    done,
    async text(view) {
      const last = `${done}\n`;
      if (dryRun) {
        const { planTable } = await import('./plan-table.ts');
        return [...(await planTable(results, view)), last];
      }
      const lines: string[] = [];
      if (hasLines) for (const result of results) lines.push(...(await linesOf(result, view)));
      return [...lines, last];
    },
    ...(told ? {} : { warnings: titled(results, 'warnings'), notes: titled(results, 'notes') }),
    // A script that reads stderr through a terminal's JSON still gets its document.
    failures: told && globals.output !== 'json' ? failures.filter((failure) => failure instanceof InterruptedError) : failures,
    exitCode: failures[0]?.exitCode ?? ExitCode.done,
  };
}

function titled(results: readonly PlanResult[], name: 'warnings' | 'notes'): string[] {
  return results.flatMap(({ title, outcome }) => (outcome?.[name] ?? []).map((sentence) => `${title}: ${sentence}`));
}

/** The most names that one sentence lists. */
const mostNames = 5;

/** What failed, the gravest first. What was not begun is told in one sentence: of a thousand renewals nobody reads them one by one. */
function failuresOf(results: readonly PlanResult[]): readonly StsError[] {
  const failures = results.flatMap(({ begun, failure }) => (begun && failure !== undefined ? [failure] : []));
  const waiting = results.filter(({ begun }) => !begun);
  const [first] = waiting;
  if (!(first?.failure instanceof InterruptedError)) return gravestFirst(failures);
  const names = waiting.slice(0, mostNames).map(({ title }) => title);
  const more = waiting.length > mostNames ? ` and ${waiting.length - mostNames} more` : '';
  const signal = first.failure.signalName;
  const were = waiting.length === 1 ? 'renewal was' : 'renewals were';
  const sentence = `Interrupted by ${signal}: ${waiting.length} ${were} not begun (${names.join(', ')}${more}).`;
  const hints = ['Run the same command again: what is done already is up to date then.'];
  return [new InterruptedError(signal, sentence, { hints }), ...gravestFirst(failures)];
}

function documentOf({ renewal, outcome, failure }: PlanResult): JsonValue {
  const { context, options } = renewal;
  return {
    ...(context === undefined ? {} : { context }),
    name: options.name,
    ...(outcome === undefined ? {} : (outcome.data as Members)),
    ...(failure === undefined ? {} : { error: true, 'error-message': failure.message, 'exit-code': failure.exitCode }),
  };
}

/** The lines of a renewal that did not fail, each with its title. */
export async function linesOf({ title, outcome }: PlanResult, view: View): Promise<string[]> {
  if (outcome === undefined) return [];
  const text = joined(await outcome.text({ ...view, success: (message) => view.success(`${title}: ${message}`) }));
  const shown = `${visible(title)}: `;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.includes(shown) ? `${line}\n` : `${shown}${line}\n`));
}

function joined(text: Text): string {
  return typeof text === 'string' ? text : [...text].join('');
}
