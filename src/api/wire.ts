import * as z from 'zod/mini';

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** An id of the server: a positive int64. */
export const id = z.bigint().check(z.gte(1n), z.lte(int64.max));
/** Milliseconds since the epoch. The value may lie beyond the range of dates; it is then shown as a number. */
export const time = z.bigint().check(z.gte(int64.min), z.lte(int64.max));
export function isInt64(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= int64.min && value <= int64.max;
}

/** A text that may be absent or null. */
export const text = z.optional(z.nullable(z.string()));

/** Keeps the members that are neither null nor undefined. */
export function present<Members extends object>(members: Members): Present<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value != null)) as Present<Members>;
}

type Present<Members> = { [Name in keyof Members]?: Exclude<Members[Name], null | undefined> };

/** Why a row is invalid, as the end of a sentence. */
export function explainRow(error: z.core.$ZodError): string {
  const place = error.issues[0]?.path.join('.') ?? '';
  return place === '' ? 'it is not an object' : `its ${place} is missing or of the wrong kind`;
}
