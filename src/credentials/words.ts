import { shellWord } from '../shell-word.ts';
import type { Destination, Words } from './ports.ts';
import type { Facts } from './record.ts';
import type { Run } from './run.ts';

/** The command that deletes a credential. */
export function deleteCommand({ command, server = '' }: Pick<Words, 'command' | 'server'>, id: bigint): string {
  return `sts ${command} delete --id ${id}${server}`;
}

/** The command that lists all credentials of a kind. */
export function listCommand({ command, server = '' }: Words): string {
  return `sts ${command} list${server}`;
}

/** The command that continues a run, for a hint. Without a journal it begins a new one. @param name of the credential that is replaced. */
export function rotateCommand(
  { kind, oldKind, destination }: Pick<Run, 'kind' | 'oldKind' | 'destination'>,
  name: string,
): string {
  if (destination.journal === undefined)
    return `sts ${kind.words.command} rotate --name ${shellWord(name)} ${destination.flags}`.trim() + (kind.words.server ?? '');
  const names = { kind: kind.words.command, oldKind: oldKind.words.command };
  return finishCommand(names, name, destination, kind.words);
}

/**
 * The command that finishes an interrupted run from its journal, for a hint. `renew` finishes it and then finds nothing left to do, while
 * `rotate` would begin another rotation.
 * @param name of what is replaced.
 */
export function finishCommand(
  { kind, oldKind }: Pick<Facts, 'kind' | 'oldKind'>,
  name: string,
  { flags }: Pick<Destination, 'flags'>,
  { server = '' }: Pick<Words, 'server'>,
): string {
  return `sts ${oldKind} ${kind === oldKind ? 'renew' : 'migrate'} --name ${shellWord(name)} ${flags}`.trim() + server;
}

/** `the key 7`; `the key` where its id is not known. */
export function theCredential({ short }: Words, id: bigint | undefined): string {
  return id === undefined ? `the ${short}` : `the ${short} ${id}`;
}

/** `the new key 7`; `the new key` where its id is not known. */
export function theNew({ short }: Words, id: bigint | undefined): string {
  return id === undefined ? `the new ${short}` : `the new ${short} ${id}`;
}

/** A name in quotation marks for a message, shortened to fit a line. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}

/** Makes the first letter a capital, for the beginning of a sentence. */
export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
