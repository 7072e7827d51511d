import { ExitCode } from '../errors.ts';
import { buildDate, commit, runtime, version } from '../version.ts';
import { verb } from './verb.ts';

/** `sts version`: version, build date and commit of the program itself; as JSON also what runs it; asks no server. */
export const versionVerb = verb<object>({
  name: 'version',
  summary: 'Show the version of this program',
  flags: {},
  examples: '  sts version\n  sts version -o json',
  exitCodes: [ExitCode.delivery],
  async run() {
    return { data: { version, 'build-date': buildDate, commit, runtime }, text: () => table() };
  },
});

function table(): string {
  const header = ['VERSION', 'BUILD DATE', 'COMMIT'];
  const row = [version, buildDate, commit];
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => cell.padEnd(Math.max(header[index]?.length ?? 0, row[index]?.length ?? 0)));
  return [header, row].map((cells) => `${line(cells).join(' | ').trimEnd()}\n`).join('');
}
