import type { StackStateApi } from '../api/model.ts';
import type { Call, Credential, CredentialKind, Issued, Listing, Words } from '../credentials/ports.ts';
import { formatDate } from '../dates.ts';
import type { JsonValue } from '../json.ts';
import type { Session } from './verb.ts';

/** A credential whose id may not be known yet. */
export type Shown = Credential | Issued;

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
<<<<<<< HEAD
  /** In a sentence about a new one: `Ingestion API Key`. */
  readonly titled: string;
  /** What `create` says of a secret that it shows. */
  generated(secret: string): string;
  /** What is said of a deletion. */
  deleted(id: bigint): string;
  /** How a credential stands in a JSON document: members the server left out stay out, a secret stays out unless it is given. */
  document(credential: Shown, secret?: string): Record<string, JsonValue>;
  /** What the platform can do with it, for the protocol. */
  kind(session: Session): Promise<CredentialKind>;
=======
>>>>>>> cli
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
  words: {
    command: 'ingestion-api-key',
    noun: 'ingestion API key',
    aNoun: 'an ingestion API key',
    short: 'key',
    title: 'Ingestion API key',
  },
  titled: 'Ingestion API Key',
  generated: (secret) => `Ingestion API Key generated: ${secret}`,
  deleted: (deletedId) => `Ingestion Api Key deleted: ${deletedId}`,
  title: 'Ingestion Api Key',
  aTitle: 'an Ingestion Api Key',
  plural: 'ingestion api keys',
<<<<<<< HEAD
  columns: [id, name, expiration, description],
  document: (credential, secret) => ({
    ...(secret === undefined ? : apiKey: secret ),
    ...present('description', credential.description),
    ...present('expiration', credential.expiration),
    ...present('id', credential.id),
    ...present('lastUpdateTimestamp', credential.lastUpdateTimestamp),
    name: credential.name,
  }),
  async kind(session) {
    const { ingestionApiKeys: kindOf } = await import('../kinds/ingestion-api-key.ts');
    const { url, apiPath, timeoutMs } = await session.settings();
    return kindOf({ api: await session.api(), server: `${url}${apiPath}`, timeoutMs });
  },
  async list(api, call) {
    const { keys, ...rest } = await api.keys.list(call);
    return { credentials: keys, ...rest };
  },
  delete: (api, credential, call) => api.keys.delete(credential, call),
=======
  columns: [id, name, expiration, { title: 'DESCRIPTION', cell: (description ) => description || '-' }],
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
>>>>>>> cli
};

const roles: Column = { title: 'ROLES', cell: (credential) => (credential.roles ?? []).join(', ') || '-' };
const subject: Column = { title: 'DEDICATED_SUBJECT', cell: (credential) => credential.dedicatedSubject ?? '-' };

export const serviceTokens: CredentialNoun = {
  words: {
    command: 'service-token',
    noun: 'service token',
    aNoun: 'a service token',
    short: 'token',
    title: 'Service token',
  },
  title: 'service token',
  aTitle: 'a service token',
  plural: 'service tokens',
  titled: 'Service token',
  generated: (secret) => `Service token created: ${secret}`,
  deleted: (deletedId) => `Service token deleted: ${deletedId}`,
  columns: [id, name, expiration, roles, subject],
  document: (credential, secret) => ({
    ...(secret === undefined ? {} : { token: secret }),
    ...(secret === undefined ? present('dedicatedSubject', credential.dedicatedSubject) : {}),
    ...(secret === undefined ? present('description', credential.description) : {}),
    ...present('expiration', credential.expiration),
    ...present('id', credential.id),
    ...present('lastUpdateTimestamp', credential.lastUpdateTimestamp),
    name: credential.name,
    ...(secret === undefined ? { roles: credential.roles ?? [] } : {}),
  }),
  async kind(session) {
    const { serviceTokens: kindOf } = await import('../kinds/service-token.ts');
    const { url, apiPath, timeoutMs, token } = await session.settings();
    const ownToken = token.kind === 'service-token' ? token.value : undefined;
    return kindOf({ api: await session.api(), server: `${url}${apiPath}`, timeoutMs, ownToken });
  },
  async list(api, call) {
    const { tokens, ...rest } = await api.tokens.list(call);
    return { credentials: tokens, ...rest };
  },
  delete: (api, credential, call) => api.tokens.delete(credential, call),
};

function present(name: string, value: JsonValue): Record<string, JsonValue> {
  return value === undefined ? {} : { [name]: value };
}
