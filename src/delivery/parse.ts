import { UsageError } from '../errors.ts';

const REFUSAL_HINTS = [
  'Give a file with the key alone, one NAME=key line, or a Kubernetes Secret with one field, as `sts ingestion-api-key create --key-file PATH` writes them.',
];

/**
 * Reads the key from a document in any format that formatKeyDocument writes, told apart by content; a Secret may also hold
 * its key in base64 `data`, as `kubectl get secret -o yaml` (or `-o json`) shows it.
 * @throws UsageError when there is no key in it, or more than one. The message never quotes the document.
 */
export async function parseKeyDocument(text: string): Promise<string> {
  const body = text.replace(/^\ufeff/, '');
  const key = looksLikeSecret(body) ? await secretKey(body) : (dotenvKey(body) ?? rawKey(body));
  if (key.trim() === '') throw refusal('The key document is empty.');
  if (/[\s\p{Cc}]/u.test(key)) throw refusal('The key document holds no key: there are blanks or control characters in it.');
  return key;
}

function refusal(message: string): UsageError {
  return new UsageError(message, { hints: REFUSAL_HINTS });
}

/** YAML or JSON with the members that every Kubernetes object has; a raw key may well begin with a brace. */
function looksLikeSecret(text: string): boolean {
  return /^(kind|apiVersion)\s*:\s/m.test(text) || (/^\s*\{/.test(text) && /"(kind|apiVersion)"\s*:/.test(text));
}

async function secretKey(text: string): Promise<string> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text);
  } catch {
    // The parser's message quotes the line it fails at, and that line may be the key.
    throw refusal('The key document looks like a Kubernetes Secret but is not valid YAML.');
  }
  const secret = asRecord(document);
  if (secret['kind'] !== 'Secret') throw refusal('The key document is YAML but no Kubernetes Secret.');
  const decoded = Object.entries(asRecord(secret['data'])).map(([field, value]) => [field, decode(value)] as const);
  // stringData wins over data, as it does in the cluster.
  const fields = new Map<string, unknown>([...decoded, ...Object.entries(asRecord(secret['stringData']))]);
  const values = [...fields.values()].filter((value): value is string => typeof value === 'string');
  const [only] = values;
  if (only === undefined) throw refusal('The Kubernetes Secret holds no key.');
  if (values.length > 1)
    throw refusal(`The Kubernetes Secret has ${values.length} fields; it is not clear which one is the key.`);
  return only.replace(/\r?\n$/, '');
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function decode(value: unknown): string | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}

function dotenvKey(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '').trim());
  const told = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const values = told.map((line) => /^(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=(.+)$/.exec(line)?.[1]);
  const [only] = values;
  // base64 padding ("abc=" and "abc==") is no assignment: a value has something else than "=" in it.
  if (only === undefined || /^=*$/.test(only)) return undefined;
  if (values.length > 1) throw refusal('The key document has more than one variable; it is not clear which one is the key.');
  // A shell takes the rest for a comment, and no key has blanks in it.
  return unquote(only.replace(/\s+#.*$/, ''));
}

/** Undoes a shell's quoting of one word. */
function unquote(word: string): string {
  return word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, (_, single?: string, double?: string, escaped?: string) => {
    if (single !== undefined) return single;
    if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1');
    return escaped ?? '';
  });
}

function rawKey(text: string): string {
  const key = text.replace(/(?:\r?\n)+$/, '');
  if (/[\r\n]/.test(key))
    throw refusal('The key document has several lines and is neither a NAME=key file nor a Kubernetes Secret.');
  return key;
}
