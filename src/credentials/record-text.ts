import * as z from 'zod/mini';
import { toJson } from '../json.ts';
import type { NewCredential } from './ports.ts';
import type { JournalRecord } from './record.ts';

/** An int64 is written as text in JSON, because other readers would lose digits of a number. */
const int64 = z.pipe(
  z.string().check(z.regex(/^-?\d{1,19}$/)),
  z.transform((digits: string) => BigInt(digits)),
);
const wanted = z.object({
  name: z.string(),
  description: z.optional(z.string()),
  expiration: z.optional(int64),
  roles: z.optional(z.array(z.string())),
  dedicatedSubject: z.optional(z.string()),
});
const facts = {
  version: z.literal(2),
  kind: z.string(),
  oldKind: z.string(),
  server: z.string(),
  run: z.string(),
  wanted,
  startedAt: z.number(),
  timeoutMs: z.number(),
  before: z.array(int64),
  held: z.optional(z.string()),
  old: z.optional(z.object({ id: int64, name: z.string() })),
  noWait: z.optional(z.boolean()),
  deleteOld: z.boolean(),
  consumers: z.optional(z.array(z.string())),
  afterMs: z.number(),
};
const newId = z.optional(int64);
const schema = z.discriminatedUnion('stage', [
  z.object({ ...facts, stage: z.literal('creating') }),
  z.object({ ...facts, stage: z.literal('created'), newId, secret: z.string() }),
  z.object({
    ...facts,
    stage: z.literal('delivered'),
    newId,
    digest: z.string(),
    deleteAt: z.number(),
    settled: z.boolean(),
  }),
]);

/** A record as JSON text. */
export function writeRecord(record: JournalRecord): string {
  const { before, old, wanted, ...rest } = record;
  return toJson({
    ...rest,
    version: 2,
    before: before.map(String),
    ...(old === undefined ? {} : { old: { ...old, id: String(old.id) } }),
    wanted: { ...wanted, ...(wanted.expiration === undefined ? {} : { expiration: String(wanted.expiration) }) },
    ...('newId' in record && record.newId !== undefined ? { newId: String(record.newId) } : {}),
  });
}

/** @returns undefined when the text is not a record. An error would quote the text, which may hold a secret, so none is thrown. */
export function readRecord(text: string): JournalRecord | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) return undefined;
  const { version: _, wanted: asked, old, held, ...record } = parsed.data;
  // `old` and `held` are always set, to undefined if there was nothing.
  const common = { wanted: withoutAbsent(asked), old, held };
  // `newId` is always set in these stages, to undefined if the id is not known.
  return record.stage === 'creating' ? { ...record, ...common } : { ...record, ...common, newId: record.newId };
}

function withoutAbsent(asked: z.infer<typeof wanted>): NewCredential {
  const { name, description, expiration, roles, dedicatedSubject } = asked;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(expiration === undefined ? {} : { expiration }),
    ...(roles === undefined ? {} : { roles }),
    ...(dedicatedSubject === undefined ? {} : { dedicatedSubject }),
  };
}
