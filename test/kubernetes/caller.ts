import { Agent, request } from 'undici';
import { type JsonObject, membersOf } from './objects.ts';
import { administrator } from './server.ts';

export interface Called {
  readonly status: number;
  /** The body as JSON; empty when it is none. */
  readonly body: JsonObject;
  readonly text: string;
}

export interface CallOptions {
  /** Default the administrator's; null for none. */
  readonly token?: string | null;
  /** Default JSON for POST and DELETE, a merge patch for PATCH; null for none. */
  readonly type?: string | null;
  readonly body?: JsonObject | string;
  readonly agent?: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
  readonly signal?: AbortSignal;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

const usualTypes: Readonly<Record<string, string>> = {
  POST: 'application/json',
  DELETE: 'application/json',
  PATCH: 'application/merge-patch+json',
};

/** Calls a Kubernetes API server over its socket, trusting its CA and no other. */
export async function call(
  { url, caPem }: { readonly url: string; readonly caPem: string },
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<Called> {
  const { body, certificate, signal } = options;
  const token = options.token === undefined ? administrator.token : options.token;
  const type = options.type === undefined ? usualTypes[method] : options.type;
  const dispatcher = new Agent(caPem === '' ? {} : { connect: { ca: caPem, ...certificate } });
  try {
    const response = await request(url + path, {
      method,
      dispatcher,
      headers: {
        'User-Agent': `${options.agent ?? 'test'}/1`,
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(type === null || type === undefined || body === undefined ? {} : { 'Content-Type': type }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: jsonOrNothing(text), text };
  } finally {
    await dispatcher.destroy();
  }
}

/** The path of a namespace's resource, or of one object of it. */
export function pathOf(plural: string, namespace: string, name?: string): string {
  const group = plural === 'secrets' || plural === 'pods' ? '/api/v1' : '/apis/apps/v1';
  return `${group}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
}

function jsonOrNothing(text: string): JsonObject {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return {};
  }
}
