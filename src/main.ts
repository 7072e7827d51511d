import { type Command, CommanderError } from 'commander';
import { buildProgram, forEachCommand, globalOptionsOf } from './cli/program.ts';
import { usageErrorOf } from './cli/refusals.ts';
import { createSession } from './cli/session.ts';
import { normalizeArgv, shownAs } from './cli/words.ts';
import { ExitCode } from './errors.ts';
import { createPrinter, describeError, type Printer } from './output/printer.ts';
import { endProcess, nodeWorld } from './platform/node.ts';
import type { World } from './platform/world.ts';

/**
 * Runs one command line.
 * @param argv arguments without the interpreter and the script.
 * @returns the exit code. Never throws: every error is shown and mapped here.
 */
export async function main(argv: readonly string[], runtime: World): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  let running = false;
  const program = buildProgram(async (_command, run) => {
    const session = createSession(runtime, globalOptionsOf(program));
    running = true;
    printer = session.printer;
    try {
      exitCode = (await run(session)) ?? ExitCode.done;
    } finally {
      await session.close();
    }
  }, argv);
  let shown = '';
  forEachCommand(program, (command) => {
    command.configureOutput({ writeOut: (text) => (shown += text) });
  });
  let printer = printerBefore(program, argv, runtime);
  try {
    let words = argv;
    try {
      words = normalizeArgv(program, argv);
      await program.parseAsync(words, { from: 'user' });
    } catch (error) {
      // Help and version end commander's parsing by an error of their own.
      if (!isDisplayed(error)) throw usageErrorOf(error, program, words);
      await printer.result({ text: shown, json: [shown] });
    }
    if (running && exitCode === ExitCode.done && runtime.interrupt.aborted) throw runtime.interrupt.reason;
    return exitCode;
  } catch (error) {
    await printer.error(error);
    return describeError(error).exitCode;
  } finally {
    await printer.flush();
  }
}

/** Starts the program for this process and ends it. */
export function start(): void {
  const runtime = nodeWorld();
  main(process.argv.slice(2), runtime).then(endProcess);
}

/** The printer until a command runs and brings its own: for help, and for a command line that is refused. */
function printerBefore(program: Command, argv: readonly string[], { stdout, stderr, env }: World): Printer {
  return createPrinter({ stdout, stderr, env, ...shownAs(program, argv) });
}

function isDisplayed(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
