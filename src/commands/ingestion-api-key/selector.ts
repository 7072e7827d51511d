import { UsageError } from '../../errors.ts';

/** Which keys a verb is to work on. */
export type Selector = { readonly by: 'id'; readonly ids: readonly bigint[] } | NameSelector | { readonly by: 'expired' };

export interface NameSelector {
  readonly by: 'name';
  readonly name: string;
  /** All keys of the name but the newest. */
  readonly superseded: boolean;
  /** Absolute path of the key file whose unfinished rotation forbids it. */
  readonly keyFile?: string;
}

export interface SelectorOptions {
  readonly id?: readonly bigint[];
  readonly name?: string;
  readonly superseded?: boolean;
  readonly expired?: boolean;
  /** Absolute path. */
  readonly keyFile?: string;
}

const ways = 'Choose keys by one of: --id ID (repeatable), --name NAME, --name NAME --superseded, --expired';

/**
 * Reads the selecting flags together.
 * @throws UsageError for none of them, or more than one kind: with a deletion ahead, which of them narrows the other is not guessed.
 */
export function selectorOf({ id = [], name, superseded = false, expired = false, keyFile }: SelectorOptions): Selector {
  const given = [
    ...(id.length > 0 ? ['--id'] : []),
    ...(name === undefined ? [] : ['--name']),
    ...(expired ? ['--expired'] : []),
  ];
  if (superseded && (name === undefined || given.length > 1)) {
    throw new UsageError('--superseded deletes the older keys of one name: give it together with --name, and nothing else.', {
      hints: [ways],
    });
  }
  if (keyFile !== undefined && !superseded) {
    throw new UsageError('--key-file guards --superseded, and is of no use without it.', { hints: [ways] });
  }
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} cannot be given together.`, { hints: [ways] });
  if (name !== undefined) return { by: 'name', name, superseded, ...(keyFile === undefined ? {} : { keyFile }) };
  if (expired) return { by: 'expired' };
  if (id.length > 0) return { by: 'id', ids: [...new Set(id)] };
  throw new UsageError('Which key is to be deleted is not said.', { hints: [ways] });
}
