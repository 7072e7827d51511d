import type { Credential } from '../../credentials/ports.ts';
import { ExitCode, ServerError, UsageError } from '../../errors.ts';
import { requestExitCodes } from '../exit-codes.ts';
import { type CredentialNoun, documentOf } from '../nouns.ts';
import { type Outcome, type Session, type Verb, verb } from '../verb.ts';
import { idFlag, nameFlag } from './flags.ts';
import { listingOf } from './listing.ts';

export interface GetOptions {
  readonly id?: bigint;
  readonly name?: string;
}

export function getVerb(noun: CredentialNoun): Verb {
  const { command, short } = noun.words;
  return verb<GetOptions>({
    name: 'get',
    summary: `Show one ${noun.words.noun}`,
    description: `Show one ${noun.words.noun}: all that the server says of it, which is everything but the secret.`,
    flags: {
      id: idFlag(noun, `id of the ${short}`),
      name: nameFlag(noun, `name of the ${short}; of several the newest is shown`),
    },
    examples: `  # how the ${short} stands
  sts ${command} get --name ci -o wide

  # when it ends, in milliseconds, for a script
  sts ${command} get --name ci -o json | jq '."${command}".expiration'`,
    exitCodes: [...requestExitCodes, ExitCode.readerGone],
    check({ id, name }) {
      if (id !== undefined && name !== undefined)
        throw new UsageError(`--id and --name both say which ${short}: give one of them.`);
      if (id === undefined && name === undefined) {
        throw new UsageError(`No flag says which ${short} to show.`, {
          hints: ['Give its id or its name: --id ID or --name NAME'],
        });
      }
    },
    run: (options, session) => get(noun, options, session),
  });
}

/** Shows one credential as the list has it. @throws NotFoundError when there is none; ServerError when that cannot be told. */
async function get(noun: CredentialNoun, { id, name }: GetOptions, session: Session): Promise<Outcome> {
  const { credentials, rejected, clocks } = await listingOf(noun, session);
  const found = credentials.filter((credential) => (id === undefined ? credential.name === name : credential.id === id));
  const newest = newestOf(found);
  // A row that makes no sense may be the one, or the newest.
  if (rejected.length > 0 && (newest === undefined || id === undefined)) throw new ServerError(rejected.join('\n'));
  if (newest === undefined) {
    const { missingId, missingName } = await import('./missing.ts');
    throw id === undefined ? missingName(noun, name ?? '', credentials) : missingId(noun, id);
  }
  return {
    data: { [noun.words.command]: documentOf(newest) },
    async text(view) {
      const { credentialTable } = await import('./table.ts');
      return credentialTable(noun, [newest], { ...view, nowFor: () => clocks.now });
    },
    values: [String(newest.id)],
    warnings: clocks.warning === undefined ? [] : [clocks.warning],
    notes: found.length === 1 ? [] : [`${found.length} ${noun.words.short}s have this name; this is the newest.`],
  };
}

/** Of several made at the same moment the one with the larger id, which was made later. */
function newestOf(credentials: readonly Credential[]): Credential | undefined {
  const age = ({ lastUpdateTimestamp = 0n, id }: Credential) => [lastUpdateTimestamp, id] as const;
  return credentials.reduce<Credential | undefined>((newest, next) => {
    if (newest === undefined) return next;
    const [[time, id], [nextTime, nextId]] = [age(newest), age(next)];
    return nextTime > time || (nextTime === time && nextId > id) ? next : newest;
  }, undefined);
}
