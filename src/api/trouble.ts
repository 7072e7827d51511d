import * as z from 'zod/mini';

const trouble = z.object({
  message: z.optional(z.string()),
  _type: z.optional(z.string()),
  errors: z.optional(z.array(z.object({ message: z.optional(z.string()) }))),
});

/** The server's own words in an error body, and its `_type`. */
export function readTrouble(value: unknown): { readonly type?: string; readonly reason?: string } {
  const parsed = trouble.safeParse(value);
  if (!parsed.success) return {};
  const { message, _type, errors } = parsed.data;
  const reason = [message, ...(errors ?? []).map((error) => error.message)]
    .filter((part) => part !== undefined && part !== '')
    .join('; ');
  return { ...(_type === undefined ? {} : { type: _type }), ...(reason === '' ? {} : { reason }) };
}
