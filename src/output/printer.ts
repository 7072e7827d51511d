import { DeliveryError, ExitCode, ReaderGoneError, StsError } from '../errors.ts';
import { visible } from '../escape.ts';
import { toJson } from '../json.ts';
import type { OutputStream } from '../platform/world.ts';
import { systemCode } from '../system.ts';
import { type Footer, StderrLines } from './stderr-lines.ts';
import { colorEnabled, type Marks, marksOf } from './style.ts';
import { systemReason } from './system-reason.ts';

export interface PrinterOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly output: 'text' | 'json' | 'wide' | 'prometheus';
  /** False with `--no-color`, true with `--no-color=false`. */
  readonly color?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How often `-v` was given. Default 0. */
  readonly verbose?: number;
}

/**
 * The one place that writes: results to stdout, all else to stderr.
 *
 * Two promises pull what is said beside the result in two directions: whoever sits before the terminal wants it at once, and a script
 * wants an empty stderr at success and one JSON document there after an error under `-o json`. So on a terminal all is written at once,
 * in every form. Elsewhere
 * - a warning is written at once in text form; under JSON it is held back, and becomes part of the error's document, or a line where all
 *   goes well in the end: then something was wrong all the same;
 * - a note is held back in every form, and shown only if the command fails: then it says how that came about.
 */
export interface Printer {
  /** Whether results are JSON documents. */
  readonly json: boolean;
  /** Whether stdout shows colours. */
  readonly color: boolean;
  /** Width of the terminal stdout goes to; undefined off a terminal. */
  readonly width: number | undefined;
  /** Whether stderr may be animated. */
  readonly animate: boolean;
  /** What lines on stderr begin with. */
  readonly marks: Marks;
  /** The line, newline included, that says on stdout that something was done. */
  success(message: string): string;
  /**
   * Writes a result to stdout, block by block, each write awaited.
   * @throws ReaderGoneError when nobody reads any more, DeliveryError (exit 6) when stdout is closed or does not take it.
   */
  write(blocks: Iterable<string>): Promise<void>;
  // The rest goes to stderr. Where even that is gone there is nobody left to tell, so these never reject.
  warn(message: string): Promise<void>;
  note(message: string): Promise<void>;
  /** Lines for stderr, at once, whatever the form. */
  tell(text: string): Promise<void>;
  /** Text with its hints, or under JSON one document `{"error":true,"error-message":...,"exit-code":N}`; of several errors one. */
  error(...errors: readonly unknown[]): Promise<void>;
  verbose(line: string): Promise<void>;
  /** Writes over the terminal's last line; '' takes it away. @returns false where nothing is animated. */
  status(line: string): Promise<boolean>;
  /** Draws lines that stay below all that is told, or draws them anew; `stays: false` takes them away. Where `animate` is true. */
  show(footer: Footer, stays: boolean): Promise<void>;
  /** Says all that is held back, before somebody is asked something. */
  sayHeld(): Promise<void>;
  /**
   * The end: says the warnings that are held back, forgets the notes, and waits until all that was told is written. Does no harm after an
   * error.
   */
  flush(): Promise<void>;
}

/** Something to be said beside the result. */
interface Aside {
  readonly message: string;
  readonly isWarning: boolean;
}

export function createPrinter(options: PrinterOptions): Printer {
  const { stdout, stderr, output, verbose = 0 } = options;
  const json = output === 'json';
  const color = colorEnabled(stdout, options.color, options.env);
  const animate = colorEnabled(stderr, options.color, options.env);
  const lines = new StderrLines(stderr, animate);
  const marks = marksOf(animate);
  const held: Aside[] = [];
  const lineOf = ({ message, isWarning }: Aside) => `${isWarning ? `${marks.warning} ` : ''}${visible(message)}\n`;
  const say = async (asides: readonly Aside[]) => {
    for (const aside of asides) await lines.tell(lineOf(aside));
  };
  const sayOrHold = async (aside: Aside, atOnce: boolean) => {
    if (atOnce || stderr.isTTY) await say([aside]);
    else held.push(aside);
  };
  return {
    json,
    color,
    animate,
    marks,
    width: stdout.isTTY ? stdout.columns : undefined,
    success: (message) => `${marksOf(color).success} ${visible(message)}\n`,
    async write(blocks) {
      if (stdout.state === 'closed') throw new DeliveryError('The result could not be written: stdout is closed.');
      for (const block of blocks) if (block !== '') await deliver(stdout, block);
    },
    warn: (message) => sayOrHold({ message, isWarning: true }, !json),
    note: (message) => sayOrHold({ message, isWarning: false }, false),
    tell: (text) => lines.tell(text),
    verbose: async (line) => {
      if (verbose > 0) await lines.tell(`${visible(line)}\n`);
    },
    async error(...errors) {
      const described = errors.map(describeError).filter(({ exitCode }) => exitCode !== ExitCode.readerGone);
      if (described.length === 0) return;
      const asides = held.splice(0);
      if (json) return lines.tell(errorDocument(described, asides));
      await say(asides);
      for (const error of described) await lines.tell(errorLines(error, marks.error));
    },
    status: (line) => lines.status(line),
    show: (footer, stays) => lines.show(footer, stays),
    sayHeld: () => say(held.splice(0)),
    async flush() {
      await say(held.splice(0).filter(({ isWarning }) => isWarning));
      await lines.tell('');
    },
  };
}

/** Errors and what was held back, as one document. */
function errorDocument(errors: readonly ErrorDescription[], asides: readonly Aside[]): string {
  const hints = new Set(errors.flatMap((error) => error.hints));
  const said = asides.map(({ message, isWarning }) => (isWarning ? `[WARN] ${message}` : message));
  const lines = [...errors.map(({ message }) => message), ...hints, ...said];
  return toJson({ error: true, 'error-message': lines.join('\n'), 'exit-code': errors[0]?.exitCode });
}

function errorLines({ message, hints }: ErrorDescription, mark: string): string {
  return [`${mark} ${visible(message)}`, ...hints.map((hint) => `  ${visible(hint)}`)].map((line) => `${line}\n`).join('');
}

export interface ErrorDescription {
  readonly message: string;
  readonly hints: readonly string[];
  readonly exitCode: ExitCode;
}

/** What to tell about anything thrown. What is not an StsError is a defect of the program, and said to be one (exit 2). */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof StsError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    message: `Unexpected failure inside sts: ${reason}`,
    hints: ['This is a defect of sts, please report it.'],
    exitCode: ExitCode.server,
  };
}

async function deliver(stdout: OutputStream, block: string): Promise<void> {
  try {
    await stdout.write(block);
  } catch (cause) {
    if (cause instanceof StsError) throw cause;
    if (['EPIPE', 'ECONNRESET'].includes(systemCode(cause) ?? '')) throw new ReaderGoneError(cause);
    throw new DeliveryError(`The result could not be written to stdout: ${systemReason(cause)}.`, { cause });
  }
}
