import { loadProgram } from './cli/catalogue.ts';
import { blocksOf, renderHelp } from './cli/help.ts';
import { asksFor, faultOf, type Line, readLine, shownAs, withHelp } from './cli/words.ts';
import { ExitCode } from './errors.ts';
import { createPrinter, describeError } from './output/printer.ts';
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
    const { readCall, runVerb } = await import('./cli/run.ts');
    const call = readCall(line);
    printer = createPrinter({ stdout, stderr, env, ...call.globals });
    return await runVerb(verb, call, world, printer);
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
