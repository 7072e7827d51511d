import type { HttpResponse } from '../http/transport.ts';
import { decodeJson, looksLikeHtml } from './decode.ts';

/** What the body of a refusal says, as it was received: it must be escaped before it is shown. */
export interface Trouble {
  /** The `_type` of the server's own errors. */
  readonly type?: string;
  /** Its reason in words: of the server, of a gateway's text, or the title of its page. */
  readonly reason?: string;
  readonly errorCode?: string;
  readonly trackingKey?: string;
  /** The response is a web page: StackState sends none, so it comes from a gateway, a proxy or another server. */
  readonly isPage: boolean;
}

const longestText = 2000;

/** Reads the body of a response that is no success: StackState's own errors, those of gateways (`error`, RFC 9457), texts and pages. */
export function readTrouble({ contentType, body }: Pick<HttpResponse, 'contentType' | 'body'>): Trouble {
  if (looksLikeHtml(contentType, body)) return { isPage: true, ...present({ reason: titleOf(body) }) };
  let value: unknown;
  try {
    value = decodeJson(body);
  } catch {
    return { isPage: false, ...present({ reason: plainText(contentType, body) }) };
  }
  if (typeof value === 'string') return { isPage: false, ...present({ reason: value }) };
  const errors = listIn(value, 'errors');
  const reasons = [textIn(value, 'message') ?? textIn(value, 'detail', 'error_description', 'error', 'title', 'reason')];
  return {
    isPage: false,
    ...present({
      type: textIn(value, '_type'),
      reason: [...reasons, ...errors.map((error) => textIn(error, 'message'))].filter(Boolean).join('; '),
      errorCode: textIn(value, 'errorCode') ?? errors.map((error) => textIn(error, 'errorCode')).find(Boolean),
      trackingKey: textIn(value, 'trackingKey'),
    }),
  };
}

/** The first of these members that is a text or a number. */
function textIn(value: unknown, ...names: string[]): string | undefined {
  for (const name of names) {
    const member = memberOf(value, name);
    if (typeof member === 'string' && member !== '') return member;
    if (typeof member === 'bigint' || typeof member === 'number') return String(member);
  }
  return undefined;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const member = memberOf(value, name);
  return Array.isArray(member) ? member : [];
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function titleOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body.subarray(0, longestText)).toString('utf8');
  return words(/<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1] ?? '');
}

function plainText(contentType: string | undefined, body: Uint8Array): string | undefined {
  if (contentType !== undefined && !/^(?:text\/|application\/(?:json|problem))/i.test(contentType)) return undefined;
  const text = words(Buffer.from(body.subarray(0, longestText)).toString('utf8'));
  // Binary data with the content type of a text.
  return text === undefined || text.includes('\0') || text.includes('\ufffd') ? undefined : text;
}

function words(text: string): string | undefined {
  return text.replace(/\s+/g, ' ').trim() || undefined;
}

function present(members: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
