import type { Members, Outcome, Rows, View } from '../commands/verb.ts';
import { DeliveryError, ExitCode } from '../errors.ts';
import { jsonBlocks, toJson } from '../json.ts';
import type { Printer } from '../output/printer.ts';
import type { EarlyResult } from './early-output.ts';

export interface Shown {
  readonly printer: Printer;
  readonly early: EarlyResult;
  readonly view: View;
  readonly quiet: boolean;
}

/**
 * Shows what a verb gave back: the result on stdout, all else on stderr.
 * @returns the exit code of the first failure, else the verb's own.
 * @throws as `Printer.write`.
 */
export async function showOutcome(outcome: Outcome, shown: Shown): Promise<ExitCode> {
  const { printer } = shown;
  const { failures = [], warnings = [], notes = [], exitCode = ExitCode.done } = outcome;
  await showResult(outcome, shown).catch((error: unknown) => {
    throw error instanceof DeliveryError && outcome.done !== undefined ? error.because(outcome.done) : error;
  });
  for (const warning of warnings) await printer.warn(warning);
  for (const note of notes) await printer.note(note);
  // A finding is no success: the log of a nightly check is to say which file and which server. A JSON document says it by its code.
  if (exitCode !== ExitCode.done && !printer.json && !shown.quiet) await printer.sayHeld();
  await printer.error(...failures);
  return failures[0]?.exitCode ?? exitCode;
}

/** Ends what was begun on stdout by a verb that failed afterwards, so that it is a whole document. Never throws. */
export async function endBegun({ printer, early }: Shown): Promise<void> {
  const { document } = early;
  early.document = undefined;
  if (document !== undefined) await printer.write([document.end()]).catch(() => undefined);
}

async function showResult(outcome: Outcome, { printer, early, view, quiet }: Shown): Promise<void> {
  if (early.alone) {
    // Stdout holds a document of its own, that nothing may be added to.
    const lines = [...blocksOf(await outcome.text(view))].join('').split('\n');
    for (const line of lines) if (line !== '') await printer.note(line);
  } else if (quiet) {
    await printer.write(linesOf(outcome.values ?? [], early.value));
  } else if (printer.json) {
    await printer.write(documentOf(outcome.data, early));
    early.document = undefined;
  } else {
    await printer.write(restOf(await outcome.text(view), early.text));
  }
}

/** The result's text, without what is out already. */
function restOf(text: string | Iterable<string>, shown: string): Iterable<string> {
  if (shown === '') return blocksOf(text);
  const whole = [...blocksOf(text)].join('');
  return [whole.startsWith(shown) ? whole.slice(shown.length) : whole];
}

function* linesOf(values: Iterable<string>, shown: string | undefined): Generator<string> {
  for (const value of values) if (value !== shown) yield `${value}\n`;
}

/** The result's document, or what is left of it. A result without any data has none. */
function documentOf(data: Members | Rows, { document, shown }: EarlyResult): Iterable<string> {
  if (isRows(data)) return jsonBlocks(data.name, data.rows);
  const members = Object.fromEntries(Object.entries(data).filter(([name]) => !(name in shown)));
  if (document !== undefined) return [document.end(members)];
  return Object.keys(members).length === 0 ? [] : [toJson(members)];
}

function blocksOf(text: string | Iterable<string>): Iterable<string> {
  return typeof text === 'string' ? [text] : text;
}

function isRows(data: Members | Rows): data is Rows {
  return 'rows' in data && typeof data.rows === 'object' && data.rows !== null && Symbol.iterator in data.rows;
}
