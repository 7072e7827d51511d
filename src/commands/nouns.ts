import type { StackStateApi } from '../api/model.ts';
import type { Call, Credential, Listing, Words } from '../credentials/ports.ts';
import { formatDate } from '../dates.ts';
import type { JsonValue } from '../json.ts';

/** A kind of credential as a noun of the command line: its words, its shape in tables and documents, and the way to it in the API. */
export interface CredentialNoun {
  readonly words: Words;
  /** As the reference writes it in titles and results, and it alone: `Ingestion Api Key`. */
  readonly title: string;
  /** The same with its article: `an Ingestion Api Key`. */
  readonly aTitle: string;
  /** Several of them, in the sentence that says that there are none: `ingestion api keys`. */
  readonly plural: string;
  /** The columns of the listing. */
  readonly columns: readonly Column[];
  list(api: StackStateApi, call?: Call): Promise<Listing>;
  /** @throws NotFoundError when the platform lists no such credential. */
  delete(api: StackStateApi, id: bigint, call?: Call): Promise<void>;
}

export interface Column {
  readonly title: string;
  cell(credential: Credential): string;
  /** Never broken into lines: the first part of an id would look like a whole one. */
  readonly whole?: boolean;
}

const id: Column = { title: 'ID', cell: (credential) => String(credential.id), whole: true };
const name: Column = { title: 'NAME', cell: (credential) => credential.name };
const expiration: Column = {
  title: 'EXPIRATION',
  cell: (credential) => (credential.expiration === undefined ? '' : formatDate(credential.expiration)),
  whole: true,
};

/** How a credential stands in a JSON document: what the server left out stays out, as does the secret. */
export function documentOf(credential: Credential): Record<string, JsonValue> {
  const { dedicatedSubject, description, expiration: end, lastUpdateTimestamp, roles } = credential;
  return { dedicatedSubject, description, expiration: end, id: credential.id, lastUpdateTimestamp, name: credential.name, roles };
}

export const ingestionApiKeys: CredentialNoun = {
  words: { command: 'ingestion-api-key', noun: 'ingestion API key', short: 'key', title: 'Ingestion API key' },
  title: 'Ingestion Api Key',
  aTitle: 'an Ingestion Api Key',
  plural: 'ingestion api keys',
  columns: [id, name, expiration, { title: 'DESCRIPTION', cell: ({ description }) => description || '-' }],
  async list(api, call) {
    const { keys, ...listing } = await api.keys.list(call);
    return { credentials: keys, ...listing };
  },
  delete: (api, key, call) => api.keys.delete(key, call),
};

export const serviceTokens: CredentialNoun = {
  words: { command: 'service-token', noun: 'service token', short: 'token', title: 'Service token' },
  title: 'Service token',
  aTitle: 'a service token',
  plural: 'service tokens',
  columns: [
    id,
    name,
    expiration,
    // In brackets, as the reference has them.
    { title: 'ROLES', cell: ({ roles = [] }) => `[${roles.join(' ')}]` },
    { title: 'DEDICATED_SUBJECT', cell: ({ dedicatedSubject }) => dedicatedSubject ?? '-' },
  ],
  async list(api, call) {
    const { tokens, ...listing } = await api.tokens.list(call);
    return { credentials: tokens, ...listing };
  },
  delete: (api, token, call) => api.tokens.delete(token, call),
};
