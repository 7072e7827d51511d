import { loadProgram } from '../../src/cli/catalogue.ts';
import { type FlagRow, flagsOf } from '../../src/cli/flags.ts';
import { exitCodeMeanings, renderHelp } from '../../src/cli/help.ts';
import { deliveryFlags } from '../../src/commands/credentials/delivery-flags.ts';
import type { Noun, Program, Verb } from '../../src/commands/verb.ts';
import { SETTINGS, type Setting } from '../../src/config/table.ts';

// The parts of the docs that are made from the definitions of verbs and settings, so that both cannot differ.

const begin = /<!-- generated: (.+?) -->\n/g;
const end = '<!-- end of generated -->\n';

/** A page with its generated parts made anew. @throws Error for a mark that names nothing, or has no end. */
export function withGenerated(page: string, program: Program): string {
  const [before = '', ...parts] = page.split(begin);
  let text = before;
  for (let index = 0; index < parts.length; index += 2) {
    const [what = '', rest = ''] = parts.slice(index, index + 2);
    const at = rest.indexOf(end);
    if (at === -1) throw new Error(`The generated part "${what}" has no end.`);
    text += `<!-- generated: ${what} -->\n${generated(what, program)}${rest.slice(at)}`;
  }
  return text;
}

/** The marks of a page: `verb ingestion-api-key create`. */
export function marksOf(page: string): readonly string[] {
  return [...page.matchAll(begin)].map(([, what = '']) => what);
}

/** What the marks of a complete reference are. */
export async function expectedMarks(): Promise<readonly string[]> {
  const program = await loadProgram();
  return [
    ...[program, ...program.nouns].flatMap((noun) => noun.verbs.map((verb) => markOf(noun, verb, program))),
    'delivery flags',
  ];
}

function markOf(noun: Noun, verb: Verb, program: Program): string {
  return `verb ${noun === program ? '' : `${noun.name} `}${verb.name}`;
}

function generated(what: string, program: Program): string {
  if (what === 'settings') return settingsTable();
  if (what === 'exit codes') return exitCodesTable();
  if (what === 'delivery flags') return flagTable(deliveryRows());
  for (const noun of [program, ...program.nouns]) {
    for (const verb of noun.verbs) if (markOf(noun, verb, program) === what) return verbPart(program, noun, verb);
  }
  throw new Error(`Nothing is known by the mark "${what}".`);
}

/** The flags that say where a secret goes, but `--force`, whose meaning is each verb's own. */
function deliveryRows(): readonly FlagRow[] {
  return Object.entries(deliveryFlags(''))
    .map(([option, flag]) => ({ ...flag, option }) as FlagRow)
    .filter(({ long }) => long !== 'force');
}

function verbPart(program: Program, noun: Noun, verb: Verb): string {
  const shared = new Set(deliveryRows().map(({ long }) => long));
  const rows = flagsOf(verb);
  const takesDelivery = [...shared].every((long) => rows.some((row) => row.long === long));
  const own = takesDelivery ? rows.filter(({ long }) => !shared.has(long)) : rows;
  const parts = [
    own.length === 0 ? '' : `${flagTable(own)}\n`,
    takesDelivery ? 'It also takes the [delivery flags](#delivery-flags).\n\n' : '',
    `Exit codes: ${exitCodesOf(program, noun, verb).join(', ')}.\n\n`,
    `\`\`\`sh\n${verb.examples.replaceAll(/^ {2}/gm, '')}\n\`\`\`\n`,
  ];
  return parts.join('');
}

function exitCodesOf(program: Program, noun: Noun, verb: Verb): readonly string[] {
  const [, codes = ''] = renderHelp({ program, noun, verb }, 200).split('Exit Codes:\n');
  return [...codes.matchAll(/^ {2}(\d+) /gm)].map(([, code = '']) => code);
}

function flagTable(rows: readonly FlagRow[]): string {
  const sorted = rows.toSorted((a, b) => (a.long < b.long ? -1 : 1));
  return table(
    ['flag', 'meaning'],
    sorted.map((row) => [`\`${termOf(row)}\``, `${cell(row.help)}${row.required ? ' (required)' : ''}`]),
  );
}

function termOf({ long, short, value }: FlagRow): string {
  return `${short === undefined ? '' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
}

function settingsTable(): string {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  return table(
    ['flag', 'variable', 'config file', 'default', 'meaning'],
    settings.map((setting) => [
      setting.flag === undefined ? '' : `\`${setting.short === undefined ? '' : `-${setting.short}, `}--${setting.flag}\``,
      setting.variable === undefined ? '' : `\`${setting.variable}\``,
      setting.key === undefined ? '' : `\`${setting.key}\``,
      setting.default === undefined ? '' : `\`${setting.default}\``,
      cell(setting.help),
    ]),
  );
}

function exitCodesTable(): string {
  return table(
    ['code', 'meaning'],
    Object.entries(exitCodeMeanings).map(([code, meaning]) => [code, cell(meaning)]),
  );
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `|${cells.map((text) => (text === '' ? ' |' : ` ${text} |`)).join('')}\n`;
  return `${line(header)}|${header.map(() => '---|').join('')}\n${rows.map(line).join('')}`;
}
