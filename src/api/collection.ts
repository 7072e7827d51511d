import {
  InterruptedError,
  NotFoundError,
  OutcomeUnknownError,
  ServerError,
  type StsError,
  UnsupportedServerError,
} from '../errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import { type JsonValue, toJson } from '../json.ts';
import type { CallOptions } from './model.ts';
import { type ChangeResponse, type Requests, type Segments, tryDecode } from './requests.ts';
import { RowReader } from './rows.ts';
import { serverResource } from './server.ts';
import { readTrouble } from './trouble.ts';

/** What the credentials of one kind have in common on the server: a collection that lists, creates and deletes them. */
export interface Collection<Row> {
  readonly path: Segments;
  /** In messages: `key`, `token`. */
  readonly noun: string;
  /** In messages, whole: `ingestion API key`. */
  readonly name: string;
  /** The noun of the command line: `ingestion-api-key`. */
  readonly command: string;
  /** One row of the list, or why it is none. */
  readRow(value: unknown): Row | string;
  idOf(row: Row): bigint;
}

export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly rejected: readonly string[];
  readonly serverTime?: number;
}

/** Statuses of a server that says it knows no such request at all. */
const neverTried = new Set([501, 505]);

/** `GET` of the collection. */
export async function listRows<Row>(requests: Requests, collection: Collection<Row>, call: CallOptions): Promise<Rows<Row>> {
  const reader = () => new RowReader(collection.name, (value) => collection.readRow(value));
  let rows = reader();
  const sink = () => {
    rows = reader();
    return (chunk: Uint8Array) => rows.push(chunk);
  };
  const response = await requests.read({ method: 'GET', path: requests.path(collection.path), sink }, call);
  if (response.status === 404 || (response.status === 200 && rows.isHtml(response.contentType)))
    throw await missing(requests, call);
  if (response.status !== 200) throw await requests.refusal(response);
  if (!rows.complete) throw await requests.senseless(`did not answer with a list of ${collection.noun}s`);
  return { rows: rows.rows, rejected: rows.rejected, ...serverTimeOf(response) };
}

export interface Creation<Issued> {
  readonly body: JsonValue;
  /** The credential in a response; undefined when it holds none that can be used. */
  readIssued(value: unknown): Issued | undefined;
  /** The id of the new credential, where only that can be read. */
  idIn(value: unknown): bigint | undefined;
}

/** `POST` to the collection, at most once. */
export async function createIn<Row, Issued>(
  requests: Requests,
  collection: Collection<Row>,
  creation: Creation<Issued>,
  call: CallOptions,
): Promise<Issued & { readonly serverTime?: number }> {
  const what = `The request to create the ${collection.noun} was sent to ${requests.host}`;
  const request = { method: 'POST', path: requests.path(collection.path), body: toJson(creation.body) } as const;
  const response = await requests.change(request, what, call);
  const { status, sentAt } = response;
  if (status >= 200 && status < 300) {
    const value = tryDecode(response);
    const issued = creation.readIssued(value);
    if (issued !== undefined) return { ...issued, ...serverTimeOf(response) };
    const keyId = creation.idIn(value);
    throw new OutcomeUnknownError(`${what}, but its answer holds no ${collection.noun}.`, {
      sentAt,
      status,
      ...(keyId === undefined ? {} : { keyId }),
    });
  }
  if (status === 404) throw await missing(requests, call);
  const refused = await requests.refusal(response);
  if (status === 408 || (status >= 500 && !neverTried.has(status))) {
    throw new OutcomeUnknownError(`${what}. ${refused.message}`, { sentAt, status, cause: refused });
  }
  throw refused;
}

/** `DELETE` of one of the collection. */
export async function deleteIn<Row>(
  requests: Requests,
  collection: Collection<Row>,
  id: bigint,
  call: CallOptions,
): Promise<void> {
  const { noun, command } = collection;
  const what = `The request to delete the ${noun} ${id} was sent to ${requests.host}`;
  const hints = [`See whether it is still there: sts ${command} list`];
  const request = { method: 'DELETE', path: requests.path([...collection.path, String(id)]) } as const;
  const response = await requests.change(request, what, call).catch((error: unknown) => {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    throw new OutcomeUnknownError(error.message, { sentAt: error.sentAt, hints, cause: error.cause });
  });
  const { status, body, sentAt } = response;
  // A page with status 200 comes from a login or a proxy, and nothing was deleted.
  if (status === 204 || (status < 300 && body.length === 0)) return;
  if (status < 300) {
    const message = `${requests.host} did not say that the ${noun} ${id} is deleted: its answer makes no sense.`;
    throw new ServerError(message, { status, hints });
  }
  if (status === 404) throw await explainAbsent(requests, collection, id, response, call);
  const refused = await requests.refusal(response);
  // A gateway that gave up on the server says nothing of what the server did.
  if (status !== 502 && status !== 504) throw refused;
  throw new OutcomeUnknownError(`${what}. ${refused.message}`, { sentAt, status, hints, cause: refused });
}

/** What a 404 to a deletion means: a gateway on the way may have said it, so the list has the last word. */
async function explainAbsent<Row>(
  requests: Requests,
  collection: Collection<Row>,
  id: bigint,
  response: ChangeResponse,
  call: CallOptions,
): Promise<StsError> {
  const { type } = readTrouble(tryDecode(response));
  const listed = await listRows(requests, collection, call).then(
    ({ rows }) => rows.some((row) => collection.idOf(row) === id),
    (error: unknown) => {
      if (type === undefined || error instanceof UnsupportedServerError || error instanceof InterruptedError) throw error;
      return false;
    },
  );
  if (!listed) {
    return new NotFoundError(`There is no ${collection.name} with the id ${id}.`, {
      hints: [`See the ids with: sts ${collection.command} list`],
    });
  }
  const { checkUrl } = await import('./explain.ts');
  return new ServerError(`${requests.host} answered 404 to the deletion of the ${collection.noun} ${id}, and lists it still.`, {
    status: 404,
    hints: ['Look for a proxy or gateway on the way that lets no DELETE pass.', checkUrl],
  });
}

/** The error for a collection that is not there. */
export async function missing(requests: Requests, call: CallOptions, what = 'ingestion API keys'): Promise<StsError> {
  const { explainMissing } = await import('./explain.ts');
  return explainMissing(requests.host, requests.path([]), what, () => serverResource(requests).info(call));
}

function serverTimeOf({ serverTime }: HttpResponse): { serverTime?: number } {
  return serverTime === undefined ? {} : { serverTime };
}
