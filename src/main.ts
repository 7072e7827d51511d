import { loadProgram } from './cli/catalogue.ts';
import { EarlyResult } from './cli/early-output.ts';
import { blocksOf, renderHelp } from './cli/help.ts';
import type { Call } from './cli/program.ts';
import { createSession } from './cli/session.ts';
import { endBegun, showOutcome } from './cli/show.ts';
import { asksFor, faultOf, type Line, readLine, shownAs, withHelp } from './cli/words.ts';
import type { Verb } from './commands/verb.ts';
import { ExitCode } from './errors.ts';
import { createPrinter, describeError, type Printer } from './output/printer.ts';
import { endProcess, nodeWorld } from './platform/node.ts';
import type { World } from './platform/world.ts';
import { version } from './version.ts';

/**
 * Runs one command line.
 * @param argv arguments without the interpreter and the script.
 * @returns the exit code. Never throws: every error is shown and mapped here.
 */
export async function main(argv: readonly string[], world: World): Promise<ExitCode> {
  const line = readLine(await loadProgram(argv), argv);
  const { stdout, stderr, env } = world;
  let printer = createPrinter({ stdout, stderr, env, ...shownAs(line) });
  try {
    if (faultOf(line) !== undefined) {
      const { refusalOf } = await import('./cli/refusals.ts');
      throw refusalOf(readLine(await loadProgram(), argv));
    }
    const { verb } = line;
    if (verb === undefined || line.help || asksFor('help', line)) {
      await printer.write(blocksOf(await informationOf(line, printer.width)));
      return ExitCode.done;
    }
    const { readCall } = await import('./cli/program.ts');
    const call = readCall(line);
    printer = createPrinter({ stdout, stderr, env, ...call.globals });
    return await run(verb, call, world, printer);
  } catch (error) {
    await printer.error(withHelp(error, line));
    return describeError(error).exitCode;
  } finally {
    await printer.flush();
  }
}

/** Starts the program for this process and ends it. */
export function start(): void {
  const world = nodeWorld();
  main(process.argv.slice(2), world).then(endProcess);
}

/** The text of the help or the version. @param width columns of the terminal; undefined if the output is not a terminal. */
async function informationOf(line: Line, width: number | undefined): Promise<string> {
  if (asksFor('version', line)) return `${version}\n`;
  if (line.topic === undefined) return renderHelp(line, width);
  const { renderTopic } = await import('./cli/topics.ts');
  return renderTopic(line.topic, width);
}

async function run(verb: Verb, { options, globals }: Call, world: World, printer: Printer): Promise<ExitCode> {
  const { color, width, success } = printer;
  const view = {
    color,
    width,
    success,
    wide: globals.output === 'wide',
    prometheus: globals.output === 'prometheus',
    now: world.now(),
  };
  const quiet = globals.quiet === true;
  const early = new EarlyResult(world.stdout, quiet ? 'quiet' : printer.json ? 'json' : 'text', view);
  const session = createSession(world, globals, printer, early);
  const shown = { printer, early, view, quiet };
  try {
    const exitCode = await showOutcome(await verb.run(options, session), shown);
    if (exitCode === ExitCode.done && world.interrupt.aborted) throw world.interrupt.reason;
    return exitCode;
  } finally {
    await endBegun(shown);
    await session.close();
  }
}
