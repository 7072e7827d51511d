import type { Noun } from '../commands/verb.ts';
import { UsageError } from '../errors.ts';
import { visible } from '../escape.ts';
import { nearest } from '../nearest.ts';
import { type FlagRow, flagsOf, termOf } from './flags.ts';
import { commandPath, faultOf, flagsHere, type GivenFlag, isStray, type Line, type Stray, seeHelp, TOPICS } from './words.ts';

/** What other programs call our verbs. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  add: ['create', 'save'],
  check: ['verify', 'validate'],
  current: ['show'],
  'current-context': ['show'],
  describe: ['get', 'show'],
  generate: ['create'],
  get: ['show'],
  'get-contexts': ['list'],
  info: ['get', 'show'],
  issue: ['create'],
  login: ['save'],
  logout: ['delete'],
  ls: ['list'],
  new: ['create', 'save'],
  refresh: ['rotate'],
  remove: ['delete'],
  replace: ['rotate'],
  revoke: ['delete'],
  rm: ['delete'],
  select: ['set'],
  show: ['get'],
  switch: ['set'],
  test: ['verify', 'validate'],
  use: ['set'],
  'use-context': ['set'],
  validate: ['verify'],
  verify: ['validate'],
  view: ['get', 'show'],
};

/** Words that mean the same in one noun only. */
const OF_CONTEXTS = ['current', 'login', 'logout', 'select', 'switch', 'use'];

/**
 * Why a command line with a fault is refused, and what was probably meant.
 * @param line read with all commands there are.
 */
export function refusalOf(line: Line): UsageError {
  const fault = faultOf(line);
  if (fault === undefined) throw new TypeError('There is nothing to refuse.');
  if (isStray(fault)) return line.verb === undefined || line.help ? unknownCommand(fault.text, line) : strayWord(fault, line);
  if (fault.row === undefined) return unknownFlag(fault.typed, line);
  return new UsageError(`A value is missing for ${termOf(fault.row)}.`, { hints: [seeHelp(line)] });
}

function unknownCommand(word: string, line: Line): UsageError {
  return new UsageError(`Unknown command ${JSON.stringify(visible(word))} for '${commandPath(line)}'.`, {
    hints: [...didYouMean(meant(word, line)), seeHelp(line)],
  });
}

/** The commands that were probably meant. */
function meant(word: string, { program, noun, verb, help }: Line): readonly string[] {
  if (verb !== undefined) return [];
  const names = [...noun.verbs, ...(noun === program ? program.nouns : [])].map(({ name }) => name);
  const synonyms = (SYNONYMS[word.toLowerCase()] ?? []).filter((synonym) => names.includes(synonym));
  if (synonyms.length > 0) return synonyms;
  const near = nearest(word, [...names, 'help', ...(help && noun === program ? TOPICS : [])]);
  if (near !== undefined) return [near];
  if (noun !== program) return [];
  const tail = `-${word.toLowerCase().replace(/s$/, '')}`;
  const longer = program.nouns.filter(({ name }) => name.endsWith(tail));
  if (longer.length > 0) return longer.map(({ name }) => name);
  const nouns = OF_CONTEXTS.includes(word) ? program.nouns.filter(({ name }) => name === 'context') : program.nouns;
  return nouns.flatMap((below) => verbsLike(word, below).map((name) => `${program.name} ${below.name} ${name}`));
}

/** The verbs of a noun that bear the name, else those that mean the same. */
function verbsLike(word: string, noun: Noun): readonly string[] {
  const names = noun.verbs.map(({ name }) => name);
  if (names.includes(word)) return [word];
  return (SYNONYMS[word.toLowerCase()] ?? []).filter((synonym) => names.includes(synonym)).slice(0, 1);
}

/** A word that no flag stands before. It may be a secret, so it is not repeated. */
function strayWord(fault: Stray, line: Line): UsageError {
  const path = commandPath(line);
  const before = line.rest[line.rest.indexOf(fault) - 1];
  const hint = before === undefined || isStray(before) ? flagFor(fault, line) : (joinTo(fault, before) ?? flagFor(fault, line));
  return new UsageError(`${path} takes no arguments besides its flags.`, {
    hints: [...(hint === undefined ? [] : [hint]), seeHelp(line)],
  });
}

/** How a word that stands behind a flag becomes its value, or a part of it. */
function joinTo({ text }: Stray, { row }: GivenFlag): string | undefined {
  if (row === undefined) return undefined;
  if (row.value !== undefined) return `Put a value that has spaces in quotes: --${row.long} "..."`;
  const isBoolean = /^(?:true|false|yes|no|on|off)$/i.test(text);
  return isBoolean ? `The value of a switch is joined to it: --${row.long}=${text}` : undefined;
}

/** Which flag takes what stands there without one. */
function flagFor({ text }: Stray, { verb }: Line): string | undefined {
  const options = verb === undefined ? [] : flagsOf(verb).map(({ option }) => option);
  if (options.includes('id') && /^\d+$/.test(text)) return 'An id is given with a flag: --id ID';
  if (options.includes('name')) return 'A name is given with a flag: --name NAME';
  if (!options.includes('keyFile')) return undefined;
  return 'What is secret does not belong on the command line. It is read from stdin, or from a file: --key-file PATH';
}

function unknownFlag(typed: string, line: Line): UsageError {
  // A short flag is no beginning of a long one.
  const near = typed.startsWith('--') ? nearest(typed.slice(2), longsOf(flagsHere(line))) : undefined;
  return new UsageError(`Unknown flag: ${visible(typed)}`, {
    hints: [...didYouMean(near === undefined ? [] : [`--${near}`]), seeHelp(line)],
  });
}

function longsOf(rows: readonly FlagRow[]): string[] {
  return rows.map(({ long }) => long);
}

function didYouMean(near: readonly string[]): string[] {
  return near.length === 0 ? [] : [`Did you mean ${near.join(' or ')}?`];
}
