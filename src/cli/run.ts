import type { Verb } from '../commands/verb.ts';
import { ExitCode } from '../errors.ts';
import type { Printer } from '../output/printer.ts';
import type { World } from '../platform/world.ts';
import { EarlyResult } from './early-output.ts';
import { type Call, readCall } from './program.ts';
import { createSession } from './session.ts';
import { endBegun, showOutcome } from './show.ts';

// What only a verb needs is loaded together: help and version do without.
export { readCall };

/**
 * Runs a verb and shows what it returns.
 * @returns the exit code.
 * @throws what the verb throws; the reason of the interrupt that came while it ran.
 */
export async function runVerb(verb: Verb, { options, globals }: Call, world: World, printer: Printer): Promise<ExitCode> {
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
