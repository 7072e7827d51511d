import * as z from 'zod/mini';
import type { IngestionApiKey, IssuedIngestionApiKey, ServerInfo } from './model.ts';

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

const id = z.bigint().check(z.gte(1n), z.lte(int64.max));
// Also far beyond what a date can name: it is shown as its number then.
const time = z.bigint().check(z.gte(int64.min), z.lte(int64.max));
const text = z.optional(z.nullable(z.string()));

const row = z.object({
  id,
  lastUpdateTimestamp: time,
  name: z.string(),
  description: text,
  expiration: z.optional(z.nullable(time)),
});

// What a created key cannot do without; the rest is what was asked for if the server garbled it.
const issued = z.object({ id, apiKey: z.string().check(z.regex(/^[\x21-\x7e]+$/)) });

const info = z.object({
  version: z.object({
    major: z.bigint(),
    minor: z.bigint(),
    patch: z.bigint(),
    diff: z.optional(z.string()),
    commit: z.optional(z.string()),
    isDev: z.optional(z.boolean()),
  }),
  deploymentMode: z.optional(z.string()),
  platformVersion: text,
});

const trouble = z.object({
  message: z.optional(z.string()),
  _type: z.optional(z.string()),
  errors: z.optional(z.array(z.object({ message: z.optional(z.string()) }))),
});

/** One row of the collection, or why it is none. */
export function readRow(value: unknown): IngestionApiKey | string {
  const parsed = row.safeParse(value);
  if (!parsed.success) return explain(parsed.error);
  return withoutAbsent(parsed.data);
}

/** @returns undefined when the answer holds no usable key and id. Fields the server garbled are left out. */
export function readIssued(value: unknown, asked: { name: string }): IssuedIngestionApiKey | undefined {
  const parsed = issued.safeParse(value);
  if (!parsed.success) return undefined;
  const rest = row.safeParse(value);
  if (rest.success) return { ...withoutAbsent(rest.data), apiKey: parsed.data.apiKey };
  return { ...parsed.data, name: asked.name, lastUpdateTimestamp: 0n };
}

/** @returns undefined when the answer is no server info. */
export function readServerInfo(value: unknown): ServerInfo | undefined {
  const parsed = info.safeParse(value);
  if (!parsed.success) return undefined;
  const { version, deploymentMode, platformVersion } = parsed.data;
  return {
    version: {
      major: Number(version.major),
      minor: Number(version.minor),
      patch: Number(version.patch),
      diff: version.diff ?? '',
      commit: version.commit ?? '',
      isDev: version.isDev ?? false,
    },
    deploymentMode: deploymentMode ?? '',
    ...(platformVersion == null ? {} : { platformVersion }),
  };
}

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

function withoutAbsent(data: z.infer<typeof row>): IngestionApiKey {
  return {
    id: data.id,
    lastUpdateTimestamp: data.lastUpdateTimestamp,
    name: data.name,
    ...(data.description == null ? {} : { description: data.description }),
    ...(data.expiration == null ? {} : { expiration: data.expiration }),
  };
}

function explain(error: z.core.$ZodError): string {
  const place = error.issues[0]?.path.join('.') ?? '';
  return place === '' ? 'it is no object' : `its ${place} is missing or of the wrong kind`;
}
