import type { Settings, TokenKind } from '../config/model.ts';
import {
  ConnectionError,
  InterruptedError,
  NotFoundError,
  OutcomeUnknownError,
  ServerError,
  type StsError,
  UnsupportedServerError,
} from '../errors.ts';
import { explainFailure } from '../http/failure.ts';
import { type Answer, Transport, TransportError, type TransportRequest } from '../http/transport.ts';
import { toJson } from '../json.ts';
import { decodeJson, looksLikeHtml } from './decode.ts';
import type { CallOptions, KeyListing, ServerInfo, StackStateApi } from './model.ts';
import { RowReader } from './rows.ts';
import { readIssued, readRow, readServerInfo, readTrouble } from './schemas.ts';

export interface ApiOptions {
  readonly settings: Pick<Settings, 'url' | 'apiPath' | 'token' | 'caCertificates' | 'skipSsl' | 'timeoutMs'>;
  /** Where the proxy settings are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of this program, for `User-Agent`. */
  readonly version: string;
  /** Takes a line for each request: method, URL, status, duration. */
  readonly log?: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Rejects once the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const tokenHeaders: Readonly<Record<TokenKind, string>> = {
  'api-token': 'X-API-Token',
  'service-token': 'X-API-Key',
  'k8s-sa-token': 'X-API-ServiceBearer',
};

/** Statuses of a server that says it knows no such request at all. */
const neverTried = new Set([501, 505]);

const collection = ['security', 'ingestion', 'api_keys'] as const;

/** A client for one StackState. Nothing is connected before the first call. */
export function createApi(options: ApiOptions): StackStateApi {
  const { settings } = options;
  const base = new URL(settings.url);
  const transport = new Transport({
    ...settings,
    env: options.env,
    headers: {
      [tokenHeaders[settings.token.kind]]: settings.token.value,
      accept: 'application/json',
      'user-agent': `StackStateCLI/${options.version}`,
    },
    log: options.log ?? (() => {}),
    now: options.now,
    sleep: options.sleep,
  });
  /** Every part of a path is encoded here, so that none can reach another resource. */
  const path = (segments: readonly string[], query = ''): string =>
    `${base.pathname.replace(/\/$/, '')}${settings.apiPath}/${segments.map(encodeURIComponent).join('/')}${query}`;

  const get = async (segments: readonly string[], { signal }: CallOptions, sink?: TransportRequest['sink']): Promise<Answer> => {
    try {
      return await transport.send({
        method: 'GET',
        path: path(segments),
        changes: false,
        ...(signal === undefined ? {} : { signal }),
        ...(sink === undefined ? {} : { sink }),
      });
    } catch (error) {
      throw error instanceof TransportError ? explainFailure(error.cause, settings.url) : error;
    }
  };

  /** Sends what changes something: once, and honest about whether it may have taken effect. */
  const change = async (
    request: Omit<TransportRequest, 'changes'>,
    what: string,
  ): Promise<Answer & { readonly sentAt: number }> => {
    const sentAt = options.now();
    try {
      return { ...(await transport.send({ ...request, changes: true })), sentAt };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const explained = explainFailure(error.cause, settings.url);
      if (error.sent)
        throw new OutcomeUnknownError(`${what}, but its answer was lost. ${explained.message}`, { sentAt, cause: error.cause });
      throw new ConnectionError(
        `${explained.message} Nothing was sent, nothing was ${request.method === 'POST' ? 'created' : 'deleted'}.`,
        {
          hints: explained.hints,
          cause: error.cause,
        },
      );
    }
  };

  async function serverInfo(call: CallOptions = {}): Promise<ServerInfo> {
    const answer = await get(['server', 'info'], call);
    if (answer.status !== 200) throw await refusal(answer);
    const info = readServerInfo(tryDecode(answer));
    if (info === undefined) throw await senseless(`did not answer as StackState does to ${path(['server', 'info'])}`);
    return info;
  }

  // Explanations are loaded when something has to be explained.
  async function missing(call: CallOptions, what = 'ingestion API keys'): Promise<StsError> {
    const { explainMissing } = await import('./explain.ts');
    return explainMissing(base.host, path([]), what, () => serverInfo(call));
  }

  async function refusal({ status, location, ...answer }: Answer, ...secrets: string[]): Promise<StsError> {
    const { explainRefusal } = await import('./explain.ts');
    const { reason } = readTrouble(tryDecode(answer));
    const { kind, value } = settings.token;
    return explainRefusal({ host: base.host, tokenKind: kind, status, location, reason, secrets: [value, ...secrets] });
  }

  async function senseless(what: string): Promise<StsError> {
    const { checkUrl } = await import('./explain.ts');
    return new ServerError(`${base.host} ${what}.`, { hints: [checkUrl] });
  }

  async function listKeys(call: CallOptions = {}): Promise<KeyListing> {
    let rows = new RowReader();
    const sink = () => {
      rows = new RowReader();
      return (chunk: Uint8Array) => rows.push(chunk);
    };
    const answer = await get(collection, call, sink);
    if (answer.status === 404 || (answer.status === 200 && rows.isHtml(answer.contentType))) throw await missing(call);
    if (answer.status !== 200) throw await refusal(answer);
    if (!rows.complete) throw await senseless('did not answer with a list of keys');
    const { keys, rejected } = rows;
    return { keys, rejected, ...(answer.serverTime === undefined ? {} : { serverTime: answer.serverTime }) };
  }

  /** What a 404 to a deletion means: a gateway on the way may have said it, so the list has the last word. */
  async function explainAbsent(id: bigint, answer: Answer, call: CallOptions): Promise<StsError> {
    const { type } = readTrouble(tryDecode(answer));
    const listed = await listKeys(call).then(
      ({ keys }) => keys.some((key) => key.id === id),
      (error: unknown) => {
        if (type === undefined || error instanceof UnsupportedServerError || error instanceof InterruptedError) throw error;
        return false;
      },
    );
    if (!listed) {
      return new NotFoundError(`There is no ingestion API key with the id ${id}.`, {
        hints: ['See the ids with: sts ingestion-api-key list'],
      });
    }
    const { checkUrl } = await import('./explain.ts');
    return new ServerError(`${base.host} answered 404 to the deletion of the key ${id}, and lists it still.`, {
      status: 404,
      hints: ['Look for a proxy or gateway on the way that lets no DELETE pass.', checkUrl],
    });
  }

  return {
    serverInfo,
    listKeys,
    async createKey(key, call = {}) {
      const body = toJson(key);
      const what = `The request to create the key was sent to ${base.host}`;
      const answer = await change({ method: 'POST', path: path(collection), body, ...call }, what);
      const { status, sentAt } = answer;
      if (status >= 200 && status < 300) {
        const issued = readIssued(tryDecode(answer), key);
        if (issued !== undefined) return issued;
        throw new OutcomeUnknownError(`${what}, but its answer holds no key.`, { sentAt, status, ...idOf(answer, key.name) });
      }
      if (status === 404) throw await missing(call);
      if (status === 408 || (status >= 500 && !neverTried.has(status))) {
        const refused = await refusal(answer);
        throw new OutcomeUnknownError(`${what}. ${refused.message}`, { sentAt, status, cause: refused });
      }
      throw await refusal(answer);
    },
    async deleteKey(id, call = {}) {
      const what = `The request to delete the key ${id} was sent to ${base.host}`;
      const answer = await change({ method: 'DELETE', path: path([...collection, String(id)]), ...call }, what).catch(
        (error: unknown) => {
          if (!(error instanceof OutcomeUnknownError)) throw error;
          throw new OutcomeUnknownError(error.message, {
            sentAt: error.sentAt,
            hints: ['See whether it is still there: sts ingestion-api-key list'],
            cause: error.cause,
          });
        },
      );
      const { status, body } = answer;
      // A page with status 200 comes from a login or a proxy, and nothing was deleted.
      if (status === 204 || (status < 300 && body.length === 0)) return;
      if (status < 300) {
        throw new ServerError(`${base.host} did not say that the key ${id} is deleted: its answer makes no sense.`, {
          status,
          hints: ['See whether it is still there: sts ingestion-api-key list'],
        });
      }
      if (status === 404) throw await explainAbsent(id, answer, call);
      const refused = await refusal(answer);
      // A gateway that gave up on the server says nothing of what the server did.
      if (status !== 502 && status !== 504) throw refused;
      throw new OutcomeUnknownError(`${what}. ${refused.message}`, {
        sentAt: answer.sentAt,
        status,
        hints: ['See whether it is still there: sts ingestion-api-key list'],
        cause: refused,
      });
    },
    async authorize(apiKey, { withReceiverKey = false, ...call } = {}) {
      const request = {
        method: 'POST',
        path: path(['security', 'ingestion', 'authorize'], `?withReceiverKey=${withReceiverKey}`),
      } as const;
      const answer = await transport
        .send({ ...request, changes: false, body: toJson({ apiKey }), ...call })
        .catch((error: unknown) => {
          throw error instanceof TransportError ? explainFailure(error.cause, settings.url) : error;
        });
      if (answer.status === 204) return true;
      // StackState says no in 403, and so does a gateway that lets nobody pass: it sends a page.
      if (answer.status === 403 && !looksLikeHtml(answer.contentType, answer.body)) return false;
      if (answer.status === 404) throw await missing(call, 'ingestion API keys or no way to verify one');
      if (answer.status < 300) throw await senseless('did not say whether the key is valid');
      throw await refusal(answer, apiKey);
    },
    close: () => transport.close(),
  };
}

/** The id of a key whose secret the server did not show; a row about another name is about another key. */
function idOf(answer: Answer, name: string): { keyId?: bigint } {
  const row = readRow(tryDecode(answer));
  return typeof row === 'string' || row.name !== name ? {} : { keyId: row.id };
}

function tryDecode(answer: Pick<Answer, 'body'>): unknown {
  try {
    return decodeJson(answer.body);
  } catch {
    return undefined;
  }
}
