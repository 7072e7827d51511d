import type { StackStateApi } from '../api/model.ts';
import type { Call, Credential, CredentialKind, Issued, Listing, Words } from '../credentials/ports.ts';
import { formatDate } from '../dates.ts';
import { digitsOf } from '../ids.ts';
import type { JsonValue } from '../json.ts';
import { ingestionApiKeyWords, serviceTokenWords } from '../kinds/words.ts';
import { serverFlags } from './credentials/server-flags.ts';
import type { Session } from './verb.ts';

/** A kind of credential as a noun of the command line: its words, its shape in tables and documents, and the way to it in the API. */
export interface CredentialNoun {
  readonly words: Words;
  /** As the reference writes it in titles and results, and it alone: `Ingestion Api Key`. */
  readonly title: string;
  /** What the help says of the verbs that the reference has, in its words. */
  readonly summaries: { readonly create: string; readonly delete: string; readonly list: string };
  /** With its article, within a sentence: `an ingestion API key`. */
  readonly aNoun: string;
  /** Several of them, in the sentence that says that there are none: `ingestion api keys`. */
  readonly plural: string;
  /** In a sentence about a new one: `Ingestion API Key`. */
  readonly titled: string;
  /** What `create` says of a secret that it shows. */
  generated(secret: string): string;
  /** What is said of a deletion. */
  deleted(id: bigint): string;
  /** A new one with its secret, as a JSON document shows it once. */
  issued(issued: Issued): Record<string, JsonValue>;
  /** What the platform can do with it, for the protocol. */
  kind(session: Session): Promise<CredentialKind>;
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

const id: Column = { title: 'ID', cell: (credential) => digitsOf(credential.id), whole: true };
const name: Column = { title: 'NAME', cell: (credential) => credential.name };
const expiration: Column = {
  title: 'EXPIRATION',
  cell: (credential) => (credential.expiration === undefined ? '' : formatDate(credential.expiration)),
  whole: true,
};

/** How a credential stands in a JSON document: what the server left out stays out, as does the secret. */
export function documentOf(credential: Credential | Issued): Record<string, JsonValue> {
  const { dedicatedSubject, description, expiration: end, lastUpdateTimestamp, roles } = credential;
  return { dedicatedSubject, description, expiration: end, id: credential.id, lastUpdateTimestamp, name: credential.name, roles };
}

export const ingestionApiKeys: CredentialNoun = {
  words: ingestionApiKeyWords,
  title: 'Ingestion Api Key',
  summaries: {
    create: 'Create a new Ingestion Api Key',
    delete: 'Delete an Ingestion Api Key',
    list: 'List Ingestion Api Keys',
  },
  aNoun: 'an ingestion API key',
  plural: 'ingestion api keys',
  titled: 'Ingestion API Key',
  generated: (secret) => `Ingestion API Key generated: ${secret}`,
  deleted: (key) => `Ingestion Api Key deleted: ${key}`,
  issued: (issued) => ({ ...documentOf(issued), apiKey: issued.secret }),
  async kind(session) {
    const { ingestionApiKeys: kindOf } = await import('../kinds/ingestion-api-key.ts');
    const { url, apiPath, timeoutMs } = await session.settings();
    const flags = serverFlags(session.globals);
    return kindOf({ api: await session.api(), server: `${url}${apiPath}`, timeoutMs, flags });
  },
  columns: [id, name, expiration, { title: 'DESCRIPTION', cell: ({ description }) => description || '-' }],
  async list(api, call) {
    const { keys, ...listing } = await api.keys.list(call);
    return { credentials: keys, ...listing };
  },
  delete: (api, key, call) => api.keys.delete(key, call),
};

export const serviceTokens: CredentialNoun = {
  words: serviceTokenWords,
  title: 'Service token',
  summaries: { create: 'Create a new service token', delete: 'Delete a service token', list: 'List service tokens' },
  aNoun: 'a service token',
  plural: 'service tokens',
  titled: 'Service token',
  generated: (secret) => `Service token created: ${secret}`,
  deleted: (token) => `Service token deleted: ${token}`,
  issued: ({ expiration: end, id: known, name: called, secret }) => ({ expiration: end, id: known, name: called, token: secret }),
  async kind(session) {
    const { serviceTokens: kindOf } = await import('../kinds/service-token.ts');
    const { url, apiPath, timeoutMs, token } = await session.settings();
    const ownToken = token.kind === 'service-token' ? token.value : undefined;
    const flags = serverFlags(session.globals);
    return kindOf({ api: await session.api(), server: `${url}${apiPath}`, timeoutMs, flags, ownToken });
  },
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
