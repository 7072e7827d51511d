import { HttpResponse } from 'msw';
import { type Json, readJson, writeJson } from './json.ts';

export function json(status: number, body: Json): Response {
  return new HttpResponse(writeJson(body), { status, headers: { 'Content-Type': 'application/json' } });
}

/** A response without a body: 204, or a refusal without an explanation. */
export function empty(status: number): Response {
  return new HttpResponse(null, { status });
}

/** The error response of the API. */
export function trouble(status: number, type: string, message: string, now: () => number): Response {
  const errors = [{ _type: type, message }];
  return json(status, { _type: 'ErrorsResponse', trackingKey: 'trk-1', serverTimestamp: BigInt(now()), errors });
}

/** The request's body as an object; undefined if it is not an object, or was not sent as JSON. */
export async function bodyOf(request: Request): Promise<Record<string, unknown> | undefined> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) return undefined;
  try {
    const body = readJson(await request.text());
    return typeof body === 'object' && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}
