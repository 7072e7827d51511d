import { type Called, type CallOptions, type Method, pathOf } from '../caller.ts';
import { isObject, type JsonObject, membersOf } from '../objects.ts';
import type { Caller, Case } from './case.ts';

export interface Outcome {
  /** Of every step. */
  readonly responses: readonly { readonly status: number; readonly body: unknown }[];
  readonly last: Called;
}

/** Sends a case's steps to a server, and makes what comes back comparable. */
export async function runCase(
  { steps, absent }: Case,
  name: string,
  send: (as: Caller, method: Method, path: string, options: Pick<CallOptions, 'body' | 'type'>) => Promise<Called>,
): Promise<Outcome> {
  const seen: string[] = [];
  if (absent !== true) {
    const seeded = { metadata: { name, annotations: { kept: 'yes' } }, stringData: { API_KEY: 'old', other: 'stays' } };
    seen.push(versionOf((await send('admin', 'POST', pathOf('secrets', 'cases'), { body: seeded })).body) ?? '');
  }
  const first = seen[0] ?? '';
  const responses: Called[] = [];
  for (const step of steps) {
    const named = step.body === undefined ? undefined : withName(step.body, name);
    const body =
      step.stale === true && isObject(named)
        ? { ...named, metadata: { ...membersOf(named['metadata']), resourceVersion: first } }
        : named;
    const path = step.path.replace('NAME', name);
    const options = { ...(body === undefined ? {} : { body }), ...(step.type === undefined ? {} : { type: step.type }) };
    responses.push(await send(step.as ?? 'admin', step.method, path, options));
  }
  const versions = [...seen, ...responses.map(({ body }) => versionOf(body)).filter((version) => version !== undefined)];
  const order = [...new Set(versions)];
  const last = responses.at(-1) ?? { status: 0, body: {}, text: '' };
  return { responses: responses.map(({ status, body }) => ({ status, body: comparable(body, order) })), last };
}

function withName(body: JsonObject | string, name: string): JsonObject | string {
  return typeof body === 'string' ? body : (JSON.parse(JSON.stringify(body).replaceAll('NAME', name)) as JsonObject);
}

function versionOf(body: JsonObject): string | undefined {
  const version = membersOf(body['metadata'])['resourceVersion'];
  return body['kind'] === 'Secret' && typeof version === 'string' ? version : undefined;
}

/** What differs from run to run is named alike: uids, times, and versions by their order. */
function comparable(body: JsonObject, versions: readonly string[]): unknown {
  const text = JSON.stringify(body)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/(\\*"resourceVersion\\*":\\*")(\d+)/g, (_, before, version) => `${before}v${versions.indexOf(version)}`)
    // A patched object that cannot be read stands in the message whole, in any order of its members.
    .replaceAll(/Invalid value: (\\*)"\{.*?\}\1": /g, 'Invalid value: OBJECT: ')
    // Which binding of which role it was that allows something.
    .replaceAll(/,"reason":"RBAC: allowed by [^}]*"/g, '')
    .replaceAll(/in record \(\d+\)/g, 'in record (VERSION)');
  return JSON.parse(text);
}
