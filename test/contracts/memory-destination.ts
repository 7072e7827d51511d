import type { Destination, Journal } from '../../src/credentials/ports.ts';
import type { JournalRecord } from '../../src/credentials/record.ts';
import { readRecord, writeRecord } from '../../src/credentials/record-text.ts';
import { DeliveryError, JournalLostError } from '../../src/errors.ts';

/** Where a secret and a journal stand, like a file or a row of a table. */
export interface MemoryPlace {
  /** What stands there, for the test. */
  readonly state: { held: string | undefined; journal: string | undefined };
  secret(): Promise<string | undefined>;
  journal(): Promise<string | undefined>;
  put(secret: string): Promise<void>;
  /** Writes the journal if it is still what it was. */
  swap(before: string | undefined, after: string | undefined): Promise<boolean>;
}

export function memoryPlace(): MemoryPlace {
  const state: MemoryPlace['state'] = { held: undefined, journal: undefined };
  return {
    state,
    secret: async () => state.held,
    journal: async () => state.journal,
    async put(secret) {
      state.held = secret;
    },
    async swap(before, after) {
      if (state.journal !== before) return false;
      state.journal = after;
      return true;
    },
  };
}

/** A destination that lives in the test: it needs one object. */
export function memoryDestination(place: MemoryPlace, mayReplace = true): Destination & { readonly journal: Journal } {
  const journal = memoryJournal(place);
  return {
    description: 'the memory',
    flags: '--memory',
    readersNeedMs: 0,
    journal,
    async open() {},
    async prove() {
      if (!mayReplace && (await place.secret()) !== undefined) throw new DeliveryError('It exists already.');
    },
    current: () => place.secret(),
    async deliver({ secret }, record) {
      if (record !== undefined) await journal.confirm();
      await place.put(secret);
      if (record !== undefined) await journal.write(record);
    },
    async close() {},
  };
}

function memoryJournal(place: MemoryPlace): Journal {
  let seen: string | undefined;
  const lost = () => new JournalLostError('Another run has the journal.');
  const write = async (text: string | undefined) => {
    if (!(await place.swap(seen, text))) throw lost();
    seen = text;
  };
  return {
    place: 'the memory',
    remove: 'forget',
    keepsSecrets: true,
    async read() {
      seen = await place.journal();
      return seen === undefined ? undefined : readRecord(seen);
    },
    write: (record: JournalRecord) => write(writeRecord(record)),
    async confirm() {
      if ((await place.journal()) !== seen) throw lost();
    },
    drop: () => write(undefined),
  };
}
