import type { Command } from 'commander';
import { normalizeArgv, wantsJson } from './argv.ts';
import { ExitCode, InterruptedError, UsageError } from './errors.ts';
import { createFactory } from './factory.ts';
import { createPrinter } from './output/printer.ts';
import { buildProgram, forEachCommand, globalOptionsOf } from './program.ts';
import { endProcess, nodeRuntime, type Runtime } from './runtime.ts';
import { usageErrorOf } from './usage.ts';

/**
 * Runs one command line.
 * @param argv arguments without the interpreter and the script.
 * @returns the exit code. Never throws: every error is shown and mapped here.
 */
export async function main(argv: readonly string[], runtime: Runtime): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  let running: Command | undefined;
  const program = buildProgram(async (command, run) => {
    running = command;
    const factory = createFactory(runtime, globalOptionsOf(program));
    try {
      exitCode = (await run(factory)) ?? ExitCode.done;
    } finally {
      await factory.close();
    }
  }, argv);
  let shown = '';
  forEachCommand(program, (command) => {
    command.configureOutput({ writeOut: (text) => (shown += text) });
  });
  const printer = createPrinter({
    stdout: runtime.stdout,
    stderr: runtime.stderr,
    output: wantsJson(program, argv) ? 'json' : 'text',
    color: !argv.includes('--no-color'),
    env: runtime.env,
  });
  try {
    const words = normalizeArgv(program, argv);
    try {
      await program.parseAsync(words, { from: 'user' });
    } catch (error) {
      // Help and version end commander's parsing by an error of their own.
      if (!isDisplayed(error)) throw usageErrorOf(error, program, words);
      await printer.result({ text: shown, json: [shown] });
    }
    if (running !== undefined && exitCode === ExitCode.done && runtime.interrupt.aborted) throw runtime.interrupt.reason;
    return exitCode;
  } catch (error) {
    await printer.error(error);
    return codeOf(error);
  }
}

/** Starts the program for this process and ends it. */
export function start(): void {
  const runtime = nodeRuntime();
  main(process.argv.slice(2), runtime).then(endProcess);
}

function isDisplayed(error: unknown): boolean {
  return error instanceof Error && 'exitCode' in error && error.exitCode === 0;
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof InterruptedError || error instanceof UsageError) return error.exitCode;
  if (error instanceof Error && 'exitCode' in error) return error.exitCode as ExitCode;
  return ExitCode.server;
}
