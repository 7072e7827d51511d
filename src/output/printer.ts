import { DeliveryError, ExitCode, StsError } from '../errors.ts';
import { visible } from '../escape.ts';
import { toJson } from '../json.ts';
import type { OutputStream } from '../platform/world.ts';
import { colorEnabled } from './style.ts';
import { systemReason } from './system-reason.ts';

export interface PrinterOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly output: 'text' | 'json';
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How often `-v` was given; lines of a higher level are not shown. Default 0. */
  readonly verbose?: number;
}

/** A result in both forms. Blocks are written as they come, one write each. */
export interface Shown {
  /** Whole lines, already safe to show (`success`, `renderTable`, `visible`). */
  readonly text: string | Iterable<string>;
  /** An object for `toJson`, or the blocks of one document (`jsonBlocks`); a document of ours is never a bare array. */
  readonly json: object | Iterable<string>;
}

/** The one place that writes: results to stdout, all else to stderr. */
export interface Printer {
  readonly output: 'text' | 'json';
  /** Whether stdout shows colours. */
  readonly color: boolean;
  /** Width of the terminal stdout goes to; undefined off a terminal. */
  readonly width: number | undefined;
  /** Whether stderr may be animated, for `withSpinner`. */
  readonly animate: boolean;
  /** The line, newline included, that says on stdout that something was done; to be handed to `result`. */
  success(message: string): string;
  /**
   * Writes the form asked for to stdout, each write awaited.
   * @throws DeliveryError when stdout is closed or does not take it (exit 6).
   */
  result(shown: Shown): Promise<void>;
  // The rest goes to stderr. Where even that is gone there is nobody left to tell, so these never reject.
  // Under JSON warnings and notes are held back until it is known how the command ends: an error is then one document with them.
  warn(message: string): Promise<void>;
  note(message: string): Promise<void>;
  /** Text with its hints, or under JSON one document `{"error":true,"error-message":...,"exit-code":N}`. */
  error(error: unknown): Promise<void>;
  verbose(level: number, line: string): Promise<void>;
  /** Shows what is held back as the lines it is. Does no harm twice, or after an error. */
  flush(): Promise<void>;
}

export function createPrinter(options: PrinterOptions): Printer {
  const { stdout, stderr, output, verbose = 0 } = options;
  const color = colorEnabled(stdout, options.color, options.env);
  const animate = colorEnabled(stderr, options.color, options.env);
  const tell = (text: string) => stderr.write(text).catch(() => undefined);
  const held: Aside[] = [];
  const tellAside = ({ message, isWarning }: Aside) =>
    tell(`${isWarning ? `${animate ? '⚠️' : '[WARN]'} ` : ''}${visible(message)}\n`);
  const aside = async (told: Aside) => {
    if (output === 'json') held.push(told);
    else await tellAside(told);
  };

  return {
    output,
    color,
    animate,
    width: stdout.isTTY ? stdout.columns : undefined,
    success: (message) => `${color ? '✅' : '[SUCCESS]'} ${visible(message)}\n`,
    async result({ text, json }) {
      if (stdout.state === 'closed') throw new DeliveryError('The result could not be written: stdout is closed.');
      for (const block of output === 'json' ? blocksOfJson(json) : blocksOfText(text)) await deliver(stdout, block);
    },
    warn: (message) => aside({ message, isWarning: true }),
    note: (message) => aside({ message, isWarning: false }),
    verbose: async (level, line) => {
      if (level <= verbose) await tell(`${visible(line)}\n`);
    },
    error(error) {
      const { message, hints, exitCode } = describeError(error);
      if (output === 'json') {
        const asides = held.splice(0).map((told) => (told.isWarning ? `[WARN] ${told.message}` : told.message));
        const lines = [message, ...hints, ...asides];
        return tell(toJson({ error: true, 'error-message': lines.join('\n'), 'exit-code': exitCode }));
      }
      const lines = [`${animate ? '❌' : '[ERROR]'} ${visible(message)}`, ...hints.map((hint) => `  ${visible(hint)}`)];
      return tell(`${lines.join('\n')}\n`);
    },
    async flush() {
      for (const told of held.splice(0)) await tellAside(told);
    },
  };
}

/** Something to be said beside the result. */
interface Aside {
  readonly message: string;
  readonly isWarning: boolean;
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
    throw new DeliveryError(`The result could not be written to stdout: ${systemReason(cause)}.`, { cause });
  }
}

function blocksOfText(text: string | Iterable<string>): Iterable<string> {
  if (typeof text !== 'string') return text;
  return [text.endsWith('\n') || text === '' ? text : `${text}\n`];
}

function blocksOfJson(json: object | Iterable<string>): Iterable<string> {
  return isBlocks(json) ? json : [toJson(json)];
}

function isBlocks(json: object | Iterable<string>): json is Iterable<string> {
  return Symbol.iterator in json;
}
