import { parseDotenv } from './dotenv.ts';
import { type DocumentError, noKey } from './errors.ts';
import { documentOf } from './manifest.ts';
import type { ParsedDocument } from './model.ts';
import { parseRaw } from './raw.ts';

/**
 * Parses a document. The content tells the format.
 * @param subject the name of the document at the beginning of a sentence: `The key file /etc/otel/key`.
 * @throws DocumentError when the text is not a key document. The message never quotes it.
 */
export async function parseDocument(text: string, subject: string): Promise<ParsedDocument> {
  const body = text.replace(/^\ufeff/, '');
  if (body.trim() === '') throw noKey(`${subject} is empty: it holds no key.`);
  // A decoder replaces invalid bytes by U+FFFD. They would be lost when the text is written back.
  if (/[\0\ufffd]/.test(body)) throw noKey(`${subject} is not UTF-8 text, so it is not a key document.`);
  if (body.startsWith('#!')) throw noKey(`${subject} is a script, not a key document.`);
  if (body.trimStart().startsWith('-----BEGIN ')) throw noKey(`${subject} is a certificate or a PEM key, not a key document.`);
  const raw = parseRaw(text);
  if (raw !== undefined) return raw;
  const json = /^\s*[{["]/.test(body) ? parseJson(body) : undefined;
  if (json !== undefined) return jsonDocument(text, json, subject);
  const dotenv = parseDotenv(text);
  if ('format' in dotenv) return dotenv;
  if (looksLikeManifest(body)) {
    const { yamlManifest } = await import('./manifest-yaml.ts');
    return documentOf(yamlManifest(text, subject), subject);
  }
  throw refusalOf(body, subject, dotenv.line);
}

/** Undefined if the text is not JSON. A raw key may begin with a brace, too. */
function parseJson(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined;
  }
}

async function jsonDocument(text: string, { value }: { readonly value: unknown }, subject: string): Promise<ParsedDocument> {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (typeof kind === 'string' && kind.endsWith('List'))
    throw noKey(`${subject} is a list of Kubernetes objects. Give one Secret by itself.`);
  if (kind !== 'Secret') throw noKey(`${subject} is JSON, but not a Kubernetes Secret.`);
  const { jsonManifest } = await import('./manifest-json.ts');
  return documentOf(jsonManifest(text, subject), subject);
}

/** Whether the text is YAML with a member that every Kubernetes object has. */
function looksLikeManifest(body: string): boolean {
  return /(?:^|[{,])[ \t]*["']?(?:kind|apiVersion)["']?[ \t]*:(?:["'\s]|$)/m.test(body);
}

function refusalOf(body: string, subject: string, strangeLine: number): DocumentError {
  if (/^\s*[{[]/.test(body)) return noKey(`${subject} looks like JSON, but it is not a Kubernetes Secret.`);
  if (/^[\w.-]+\s*:(?:\s|$)/m.test(body)) return noKey(`${subject} looks like YAML, but it is not a Kubernetes Secret.`);
  if (/^[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*=[^=\s]/m.test(body))
    return noKey(`${subject} is not a dotenv file: line ${strangeLine} is neither NAME=value nor a comment.`);
  const lines = body.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  if (lines.length > 1) return noKey(`${subject} has several lines, which are neither NAME=value lines nor a Kubernetes Secret.`);
  return noKey(`${subject} holds no key: its line has blanks, or characters that are not printable ASCII.`);
}
