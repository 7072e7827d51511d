import * as z from 'zod/mini';
import { toJson } from '../json.ts';
import type { NewCredential } from './ports.ts';
import type { JournalRecord } from './record.ts';

/** int64 in JSON as text: other readers would lose its digits. */
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

/** @returns undefined when the text is no record. No error is thrown: it would quote the text, and there may be a secret in it. */
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
  // Every record says what there was before, even that there was nothing.
  const common = { wanted: withoutAbsent(asked), old, held };
  // Every stage says its new id, even that it has none.
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
