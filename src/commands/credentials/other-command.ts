import type { GlobalOptions } from '../../config/model.ts';
import { shellWord } from '../../shell-word.ts';
import { ingestRole } from '../service-token/roles.ts';
import { type Flag, flagEntries, type Session, type Verb } from '../verb.ts';

type Kind = 'ingestion-api-key' | 'service-token';

/** A command line as the user gave it. */
export interface Given {
  readonly verb: Verb;
  readonly options: object;
}

/**
 * The command that does the same with the other kind of credential, as a hint, with the values that the user gave: what that command has
 * no flag for is left out, and an id is that of another credential there.
 * @param lacks the kind that the platform does not have.
 * @returns undefined where there is none: a plan names many.
 */
export async function commandOfOtherKind(lacks: Kind, { verb, options }: Given, session: Session): Promise<string | undefined> {
  const given = options as Readonly<Record<string, unknown>>;
  if (given['plan'] !== undefined) return undefined;
  const kind = lacks === 'ingestion-api-key' ? 'service-token' : 'ingestion-api-key';
  const name = verb.name === 'migrate' ? (lacks === 'ingestion-api-key' ? 'create' : 'rotate') : verb.name;
  const target = (await verbsOf(kind)).find((candidate) => candidate.name === name);
  if (target === undefined) return undefined;
  const words = flagEntries(target).flatMap(([option, flag]) =>
    wordsOf(flag, given[option] ?? (option === 'roles' ? ingestRole : undefined)),
  );
  const line = ['sts', kind, name, ...words, ...serverFlags(session.globals)].join(' ');
  return `${kind === 'service-token' ? 'Use a service token there' : 'Use an ingestion API key there'}: ${line}`;
}

async function verbsOf(kind: Kind): Promise<readonly Verb[]> {
  if (kind === 'service-token') return (await import('../service-token/index.ts')).serviceTokenVerbs;
  return (await import('../ingestion-api-key/index.ts')).ingestionApiKeyVerbs;
}

/** A flag with its value, as it is typed. */
function wordsOf(flag: Flag<unknown>, value: unknown): string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return [`--${flag.long}`];
  if (flag.long === 'id') return ['--id ID'];
  if (flag.long === 'roles') return [`--roles ${shellWord([value].flat().join(','))}`];
  return [value].flat().map((one) => `--${flag.long} ${shellWord(textOf(flag, one))}`);
}

function textOf({ long }: Flag<unknown>, value: unknown): string {
  if (typeof value === 'object' && value !== null && 'amount' in value && 'unit' in value) return `${value.amount}${value.unit}`;
  return long === 'key-mode' ? `0${Number(value).toString(8)}` : String(value);
}

/** What names the server on the command line; a user and a password in a URL are not repeated. */
function serverFlags({ config, context, url }: GlobalOptions): string[] {
  return [
    ...(config === undefined ? [] : [`--config ${shellWord(config)}`]),
    ...(context === undefined ? [] : [`--context ${shellWord(context)}`]),
    ...(url === undefined || url.includes('@') ? [] : [`--url ${shellWord(url)}`]),
  ];
}
