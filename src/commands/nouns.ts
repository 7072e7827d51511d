import type { StackStateApi } from '../api/model.ts';
import type { Call, Credential, Listing, Words } from '../credentials/ports.ts';
import { formatDate } from '../dates.ts';
import type { JsonValue } from '../json.ts';

/** A kind of credential as a noun of the command line: its words, its shape in tables and documents, and the way to it in the API. */
export interface CredentialNoun {
  readonly words: Words;
  /** As the contract writes it in titles, and it alone: `Ingestion Api Key`. */
  readonly title: string;
  /** With its article: `an Ingestion Api Key`. */
  readonly aTitle: string;
  /** Several of them, in the sentence that says that there are none: `ingestion api keys`. */
  readonly plural: string;
  /** The columns of the listing. */
  readonly columns: readonly Column[];
  /** How a credential stands in a JSON document: members the server left out stay out, as does the secret. */
  document(credential: Credential): Record<string, JsonValue>;
  list(api: StackStateApi, call?: Call): Promise<Listing>;
  /** @throws NotFoundError when the platform lists no such credential. */
  delete(api: StackStateApi, id: bigint, call?: Call): Promise<void>;
}

export interface Column {
  readonly title: string;
  cell(credential: Credential): string;
  /** Ids: half of one would look like a whole one. */
  readonly whole?: boolean;
}

const id: Column = { title: 'ID', cell: (credential) => String(credential.id), whole: true };
const name: Column = { title: 'NAME', cell: (credential) => credential.name };
const expiration: Column = {
  title: 'EXPIRATION',
  cell: ({ expiration: end }) => (end === undefined ? '' : formatDate(end)),
  whole: true,
};
const description: Column = { title: 'DESCRIPTION', cell: (credential) => credential.description || '-' };

export const ingestionApiKeys: CredentialNoun = {
  words: { command: 'ingestion-api-key', noun: 'ingestion API key', short: 'key', title: 'Ingestion API key' },
  title: 'Ingestion Api Key',
  aTitle: 'an Ingestion Api Key',
  plural: 'ingestion api keys',
  columns: [id, name, expiration, description],
  document: (credential) => ({
    ...(credential.description === undefined ? {} : { description: credential.description }),
    ...(credential.expiration === undefined ? {} : { expiration: credential.expiration }),
    id: credential.id,
    lastUpdateTimestamp: credential.lastUpdateTimestamp,
    name: credential.name,
  }),
  async list(api, call) {
    const { keys, ...rest } = await api.listKeys(call);
    return { credentials: keys, ...rest };
  },
  delete: (api, credential, call) => api.deleteKey(credential, call),
};
