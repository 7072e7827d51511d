import type { Progress } from '../commands/verb.ts';
import { UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import type { Printer } from '../output/printer.ts';
import type { World } from '../platform/world.ts';

/** @param animated false where lines of `-v` would come between. */
export function createProgress(
  { stdin, stderr, monotonic }: Pick<World, 'stdin' | 'stderr' | 'monotonic'>,
  printer: Printer,
  animated: boolean,
): Progress {
  return {
    isTerminal: stderr.isTTY,
    marks: printer.marks,
    note: printer.note,
    warn: printer.warn,
    verbose: (line) => void printer.verbose(line),
    async waiting(label, work) {
      if (!printer.animate || !animated) return work();
      const { withSpinner } = await import('../output/spinner.ts');
      return withSpinner(printer.status, label, work);
    },
    status: printer.status,
    async board() {
      if (!printer.animate || !animated) return undefined;
      const { Board } = await import('../output/board.ts');
      return new Board(printer.show, monotonic);
    },
    async passOn(text) {
      const lines = text.replace(/\n$/, '').split('\n');
      if (printer.json && !stderr.isTTY) for (const line of lines) await printer.note(line);
      else await printer.tell(lines.map((line) => `${visible(line)}\n`).join(''));
    },
    async confirm(question, hints) {
      if (!stdin.isTTY || !stderr.isTTY)
        throw new UsageError(`Nobody can be asked, because stdin or stderr is not a terminal. ${question}`, { hints });
      return /^\s*y(es)?\s*$/i.test(await stdin.ask(`${visible(question)} [y/N] `));
    },
  };
}
