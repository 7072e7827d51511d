import { Command } from 'commander';
import { describeVerb } from '../cli/help.ts';
import type { Dispatch } from '../cli/program.ts';
import type { Session } from '../cli/session.ts';
import { ExitCode } from '../errors.ts';
import { buildDate, commit, runtime, version } from '../version.ts';

export function versionCommand(dispatch: Dispatch): Command {
  const command = new Command('version')
    .description('Show the version of this program')
    .action(() => dispatch(command, runVersion));
  return describeVerb(command, { examples: '  sts version\n  sts version -o json', exitCodes: [ExitCode.delivery] });
}

/** Prints version, build date and commit of the program itself, as JSON also what runs it; asks no server. */
export async function runVersion({ printer }: Session): Promise<undefined> {
  const header = ['VERSION', 'BUILD DATE', 'COMMIT'];
  const row = [version, buildDate, commit];
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => cell.padEnd(Math.max(header[index]?.length ?? 0, row[index]?.length ?? 0)));
  const text = [header, row].map((cells) => `${line(cells).join(' | ').trimEnd()}\n`).join('');
  await printer.result({ text, json: { version, 'build-date': buildDate, commit, runtime } });
}
