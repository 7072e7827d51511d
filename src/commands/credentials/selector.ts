import type { Words } from '../../credentials/ports.ts';
import { UsageError } from '../../errors.ts';

/** Which credentials a verb is to work on. */
export type Selector = { readonly by: 'id'; readonly ids: readonly bigint[] } | NameSelector | { readonly by: 'expired' };

export interface NameSelector {
  readonly by: 'name';
  readonly names: readonly string[];
  /** Of each name all but the newest. */
  readonly superseded: boolean;
  /** The key file whose unfinished rotation forbids it, as it was given. */
  readonly keyFile?: string;
}

export interface SelectorOptions {
  readonly id?: readonly bigint[];
  readonly name?: readonly string[];
  readonly superseded?: boolean;
  readonly expired?: boolean;
  readonly keyFile?: string;
}

/**
 * Reads the selecting flags together.
 * @throws UsageError for none of them, or more than one kind: with a deletion ahead, which of them narrows the other is not guessed.
 */
export function selectorOf(options: SelectorOptions, { short }: Words): Selector {
  const { id = [], name = [], superseded = false, expired = false, keyFile } = options;
  const hints = [
    `Choose ${short}s by one of: --id ID (repeatable), --name NAME (repeatable), --name NAME --superseded, --expired`,
  ];
  const given = [...(id.length > 0 ? ['--id'] : []), ...(name.length > 0 ? ['--name'] : []), ...(expired ? ['--expired'] : [])];
  if (superseded && (name.length === 0 || given.length > 1)) {
    throw new UsageError(`--superseded deletes the older ${short}s of a name: give it together with --name, and nothing else.`, {
      hints,
    });
  }
  if (keyFile !== undefined && !superseded) {
    throw new UsageError('--key-file guards --superseded, and is of no use without it.', { hints });
  }
  if (keyFile !== undefined && name.length > 1) {
    throw new UsageError(`--key-file holds the ${short} of one name, and several are given.`, { hints });
  }
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} cannot be given together.`, { hints });
  if (name.length > 0) {
    return { by: 'name', names: [...new Set(name)], superseded, ...(keyFile === undefined ? {} : { keyFile }) };
  }
  if (expired) return { by: 'expired' };
  if (id.length > 0) return { by: 'id', ids: [...new Set(id)] };
  throw new UsageError(`No flag says which ${short} to delete.`, { hints });
}
