import * as z from 'zod/mini';
import { toJson } from '../json.ts';
import { type Collection, createIn, deleteIn, listRows, missing } from './collection.ts';
import { looksLikeHtml } from './decode.ts';
import type { IngestionApiKey, IssuedIngestionApiKey, KeyResource, NewIngestionApiKey } from './model.ts';
import type { Requests } from './requests.ts';
import { isSecret } from './secret.ts';
import { explainRow, id, isInt64, text, time } from './wire.ts';

const row = z.object({
  id,
  lastUpdateTimestamp: time,
  name: z.string(),
  description: text,
  expiration: z.optional(z.nullable(time)),
});

// The fields that a created key must have. If another field is invalid, the requested value is used.
const issued = z.object({ id, apiKey: z.string().check(z.refine(isSecret)) });
const named = z.object({ id, name: z.string() });
const whole = z.extend(named, { apiKey: z.string().check(z.minLength(1)) });

const permissions = [
  'Its role needs the permission manage-ingestion-api-keys; on some platforms these are get-, create- and delete-ingestion-api-keys.',
  'Ask an administrator of StackState for it, or use another token.',
];

const collection: Collection<IngestionApiKey> = {
  path: ['security', 'ingestion', 'api_keys'],
  noun: 'key',
  name: 'ingestion API key',
  command: 'ingestion-api-key',
  permissions,
  readRow,
};

export function keyResource(requests: Requests): KeyResource {
  return {
    async list(call = {}) {
      const { rows, ...rest } = await listRows(requests, collection, call);
      return { keys: rows, ...rest };
    },
    create(key, call = {}) {
      const creation = {
        body: key,
        readIssued: (value: unknown) => readIssued(value, key),
        idIn: (value: unknown) => idIn(value, key),
        isWhole: (value: unknown) => isWhole(value, key),
      };
      return createIn(requests, collection, key.name, creation, call);
    },
    delete: (keyId, call = {}) => deleteIn(requests, collection, keyId, call),
    async authorize(apiKey, { withReceiverKey = false, ...call } = {}) {
      const path = requests.path(['security', 'ingestion', 'authorize'], `?withReceiverKey=${withReceiverKey}`);
      const response = await requests.read({ method: 'POST', path, body: toJson({ apiKey }) }, call);
      if (response.status === 204) return true;
      // StackState refuses a key with 403. A gateway may send 403 too, but with a web page.
      if (response.status === 403 && !looksLikeHtml(response.contentType, response.body)) return false;
      if (response.status === 404) throw await missing(requests, collection, { verb: 'verify' }, call);
      if (response.status < 300) throw requests.senseless('did not say whether the key is valid');
      throw await requests.refusal(response, permissions, apiKey);
    },
  };
}

/**
 * A fast check for valid rows, equivalent to the schema. The schema takes two microseconds for each row, and a list may have a hundred
 * thousand rows.
 */
function isRow(value: unknown): value is z.infer<typeof row> {
  if (typeof value !== 'object' || value === null) return false;
  const { id: keyId, lastUpdateTimestamp, name, description, expiration } = value as Record<string, unknown>;
  return (
    isInt64(keyId) &&
    keyId > 0n &&
    isInt64(lastUpdateTimestamp) &&
    typeof name === 'string' &&
    (description == null || typeof description === 'string') &&
    (expiration == null || isInt64(expiration))
  );
}

/** Reads one row of the collection. @returns the key, or a reason why the row is not one. */
function readRow(value: unknown): IngestionApiKey | string {
  if (isRow(value)) return withoutAbsent(value);
  const parsed = row.safeParse(value);
  return parsed.success ? withoutAbsent(parsed.data) : explainRow(parsed.error);
}

/** @returns undefined if the response holds no usable key and id. Invalid fields are left out. */
function readIssued(value: unknown, asked: NewIngestionApiKey): IssuedIngestionApiKey | undefined {
  const parsed = issued.safeParse(value);
  if (!parsed.success) return undefined;
  const rest = row.safeParse(value);
  if (rest.success) return { ...withoutAbsent(rest.data), apiKey: parsed.data.apiKey };
  return { ...parsed.data, name: asked.name, lastUpdateTimestamp: 0n };
}

/** The id of a key whose secret is missing or unusable. A row with another name belongs to another key. */
function idIn(value: unknown, { name }: NewIngestionApiKey): bigint | undefined {
  const parsed = named.safeParse(value);
  return parsed.success && parsed.data.name === name ? parsed.data.id : undefined;
}

function isWhole(value: unknown, { name }: NewIngestionApiKey): boolean {
  const parsed = whole.safeParse(value);
  return parsed.success && parsed.data.name === name;
}

function withoutAbsent({ id, lastUpdateTimestamp, name, description, expiration }: z.infer<typeof row>): IngestionApiKey {
  // Objects are not spread here, for speed: a list may have a hundred thousand rows.
  const key: { -readonly [Name in keyof IngestionApiKey]: IngestionApiKey[Name] } = { id, lastUpdateTimestamp, name };
  if (description != null) key.description = description;
  if (expiration != null) key.expiration = expiration;
  return key;
}
