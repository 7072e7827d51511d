import type { Destination, Journal } from '../../src/credentials/ports.ts';
import { readRecord, writeRecord } from '../../src/credentials/record-text.ts';
import { DeliveryError, JournalLostError } from '../../src/errors.ts';

/** Where a secret and a journal stand, like two columns of one row. */
export interface MemoryPlace {
  /** What stands there, for the test. */
  readonly state: MemoryState;
  read(): Promise<MemoryState>;
  /** Changes it, if the journal is still what it was. */
  write(journal: string | undefined, changed: Partial<MemoryState>): Promise<boolean>;
}

interface MemoryState {
  readonly held: string | undefined;
  readonly journal: string | undefined;
}

export function memoryPlace(): MemoryPlace {
  let state: MemoryState = { held: undefined, journal: undefined };
  return {
    get state() {
      return state;
    },
    read: async () => state,
    async write(journal, changed) {
      if (state.journal !== journal) return false;
      state = { ...state, ...changed };
      return true;
    },
  };
}

/** A destination that lives in the test: it needs one object. */
export function memoryDestination(place: MemoryPlace, mayReplace = true): Destination & { readonly journal: Journal } {
  let seen: string | undefined;
  const write = async (changed: Partial<MemoryState>) => {
    if (!(await place.write(seen, changed))) throw new JournalLostError('Another run has the journal.');
    if ('journal' in changed) seen = changed.journal;
  };
  const journal: Journal = {
    place: 'the memory',
    remove: 'forget',
    keepsSecrets: true,
    async read() {
      seen = (await place.read()).journal;
      return seen === undefined ? undefined : readRecord(seen);
    },
    write: (record) => write({ journal: writeRecord(record) }),
    confirm: () => write({}),
    drop: () => write({ journal: undefined }),
  };
  return {
    description: 'the memory',
    flags: '--memory',
    readersNeedMs: 0,
    journal,
    async open() {},
    async prove() {
      if (!mayReplace && (await place.read()).held !== undefined) throw new DeliveryError('It exists already.');
    },
    current: async () => (await place.read()).held,
    deliver: ({ secret }, record) => write({ held: secret, ...(record === undefined ? {} : { journal: writeRecord(record) }) }),
    async close() {},
  };
}
