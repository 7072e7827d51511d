import { InterruptedError, OutcomeUnknownError, ServerError, StsError, UnsupportedServerError } from '../errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import { type JsonValue, toJson } from '../json.ts';
import type { Attempt } from './missing.ts';
import type { CallOptions } from './model.ts';
import { type Requests, type Segments, tryDecode } from './requests.ts';
import { RowReader } from './rows.ts';

/** What the credentials of one kind have in common on the server: a collection that lists, creates and deletes them. */
export interface Collection<Row extends { readonly id: bigint }> {
  readonly path: Segments;
  /** In messages: `key`, `token`. */
  readonly noun: string;
  /** In messages, whole: `ingestion API key`. */
  readonly name: string;
  /** The noun of the command line. */
  readonly command: 'ingestion-api-key' | 'service-token';
  /** What a token needs to use it, a hint each. */
  readonly permissions: readonly string[];
  /** One row of the list, or why it is none. */
  readRow(value: unknown): Row | string;
}

export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly rejected: readonly string[];
  readonly serverTime?: number;
}

/** `GET` of the collection. A row that stands there twice is one. */
export async function listRows<Row extends { readonly id: bigint }>(
  requests: Requests,
  collection: Collection<Row>,
  call: CallOptions,
): Promise<Rows<Row>> {
  const reader = () => new RowReader(collection.name, (value) => collection.readRow(value));
  let rows = reader();
  const sink = () => {
    rows = reader();
    return (chunk: Uint8Array) => rows.push(chunk);
  };
  const response = await requests.read({ method: 'GET', path: requests.path(collection.path), sink }, call);
  if (response.status === 404 || (response.status === 200 && rows.isHtml(response.contentType))) {
    throw await missing(requests, collection, { verb: 'list' }, call);
  }
  if (response.status !== 200) throw await requests.refusal(response, collection.permissions);
  if (!rows.complete) throw requests.senseless(`did not respond with a list of ${collection.noun}s`);
  return { rows: withoutRepeated(rows.rows), rejected: rows.rejected, ...serverTimeOf(response) };
}

export interface Creation<Issued> {
  readonly body: JsonValue;
  /** The credential in a response; undefined when it holds none that can be delivered. */
  readIssued(value: unknown): Issued | undefined;
  /** The id of the new credential, where only that can be read. */
  idIn(value: unknown): bigint | undefined;
  /** Whether a response that is no success holds a whole new credential all the same: without a secret it may be an old one. */
  isWhole(value: unknown): boolean;
}

/** Statuses of a server that does not know such a request: nothing was done. */
const neverTried = new Set([501, 505]);

/**
 * `POST` to the collection, at most once.
 * @param name of what is created, for messages.
 */
export async function createIn<Row extends { readonly id: bigint }, Issued>(
  requests: Requests,
  collection: Collection<Row>,
  name: string,
  creation: Creation<Issued>,
  call: CallOptions,
): Promise<Issued & { readonly serverTime?: number }> {
  const { noun, permissions } = collection;
  const what = `The request to create the ${noun} was sent to ${requests.host}`;
  const request = { method: 'POST', path: requests.path(collection.path), body: toJson(creation.body) } as const;
  const response = await requests.change(request, what, call);
  const { status, sentAt } = response;
  const value = tryDecode(response);
  const unknown = (message: string, keyId: bigint | undefined, cause?: StsError) =>
    new OutcomeUnknownError(message, {
      sentAt,
      status,
      ...serverTimeOf(response),
      ...(keyId === undefined ? {} : { keyId }),
      ...(cause === undefined ? {} : { cause }),
    });
  if (status >= 200 && status < 300) {
    const issued = creation.readIssued(value);
    if (issued !== undefined) return { ...issued, ...serverTimeOf(response) };
    throw unknown(`${what}, but the response holds no ${noun} that can be delivered.`, creation.idIn(value));
  }
  const isWhole = creation.isWhole(value);
  if (status === 404 && !isWhole) throw await missing(requests, collection, { verb: 'create', name }, call);
  const refused = await requests.refusal(response, permissions);
  // After a 409 the key may exist: a proxy may have sent the request twice.
  const decided = status !== 408 && status !== 409 && (status < 500 || neverTried.has(status));
  if (decided && !isWhole) throw refused;
  throw unknown(`${what}. ${refused.message}`, isWhole ? creation.idIn(value) : undefined, refused);
}

/** `DELETE` of one of the collection. Where the response does not say what was done, the list does. */
export async function deleteIn<Row extends { readonly id: bigint }>(
  requests: Requests,
  collection: Collection<Row>,
  id: bigint,
  call: CallOptions,
): Promise<void> {
  const { noun, permissions } = collection;
  const what = `The request to delete the ${noun} ${id} was sent to ${requests.host}`;
  const hints = [`See whether it is still there: sts ${collection.command} list`];
  const request = { method: 'DELETE', path: requests.path([...collection.path, String(id)]) } as const;
  const response = await requests.change(request, what, call).catch(async (error: unknown) => {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    if ((await isListed(requests, collection, id, call)) === false) return undefined;
    throw error.because(`The ${noun} ${id} may be deleted or not.`, { hints });
  });
  if (response === undefined) return;
  const { status, body, sentAt } = response;
  // A web page with status 200 comes from a login or a proxy: nothing was deleted.
  if (status === 204 || (status < 300 && body.length === 0)) return;
  if (status < 300) {
    const message = `${requests.host} did not say that the ${noun} ${id} is deleted: its response makes no sense.`;
    throw new ServerError(message, { status, hints });
  }
  if (status === 404) throw await absent(requests, collection, id, response, call);
  const refused = await requests.refusal(response, permissions);
  if (status < 500 || neverTried.has(status)) throw refused;
  const listed = await isListed(requests, collection, id, call);
  if (listed === false) return;
  // After a gateway gave up, the server may still delete it.
  if (listed && status !== 502 && status !== 504) throw refused;
  const message = `${what}. ${refused.message} The ${noun} ${id} may be deleted or not.`;
  throw new OutcomeUnknownError(message, { sentAt, status, hints, cause: refused });
}

/** Whether the collection lists it; undefined when the list cannot tell. */
async function isListed<Row extends { readonly id: bigint }>(
  requests: Requests,
  collection: Collection<Row>,
  id: bigint,
  call: CallOptions,
): Promise<boolean | undefined> {
  try {
    const { rows, rejected } = await listRows(requests, collection, call);
    if (rows.some((row) => row.id === id)) return true;
    return rejected.length > 0 ? undefined : false;
  } catch (error) {
    // An interrupt, too: the error to report is that of the deletion.
    if (error instanceof StsError) return undefined;
    throw error;
  }
}

/** The error for a deletion that was answered with 404. */
async function absent<Row extends { readonly id: bigint }>(
  requests: Requests,
  collection: Collection<Row>,
  id: bigint,
  response: HttpResponse,
  call: CallOptions,
): Promise<StsError> {
  const [{ explainAbsent }, { readTrouble }] = await Promise.all([import('./absent.ts'), import('./trouble.ts')]);
  const { type } = readTrouble(response);
  const listed = await listRows(requests, collection, call).then(
    ({ rows }) => rows.some((row) => row.id === id),
    (error: unknown) => {
      if (type === undefined || error instanceof UnsupportedServerError || error instanceof InterruptedError) throw error;
      return false;
    },
  );
  return explainAbsent(requests, collection, id, listed);
}

/** The error for a collection that is not there. @param attempt what was tried. */
export async function missing(
  requests: Requests,
  { command }: Pick<Collection<never>, 'command'>,
  attempt: Attempt,
  call: CallOptions,
): Promise<StsError> {
  const { explainMissing } = await import('./missing.ts');
  return explainMissing(requests, command, attempt, call);
}

/** The first row of each id. */
function withoutRepeated<Row extends { readonly id: bigint }>(rows: readonly Row[]): readonly Row[] {
  const ids = new Set(rows.map(({ id }) => id));
  return ids.size === rows.length ? rows : rows.filter(({ id }) => ids.delete(id));
}

function serverTimeOf({ serverTime }: HttpResponse): { serverTime?: number } {
  return serverTime === undefined ? {} : { serverTime };
}
