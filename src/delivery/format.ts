import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

export const KEY_FORMATS = ['raw', 'dotenv', 'kubernetes-secret'] as const;
export type KeyFormat = (typeof KEY_FORMATS)[number];

export interface KeyDocumentOptions {
  /** Variable of a dotenv file, field of a Secret. */
  readonly keyVar: string;
  readonly secretName: string;
  readonly namespace?: string;
}

/** What `--key-var` and `--secret-name` are where not given: the OpenTelemetry collector's. */
export const DEFAULT_KEY_VAR = 'API_KEY';
export const DEFAULT_SECRET_NAME = 'open-telemetry-collector';

/**
 * Characters that, in the value of an assignment, neither a shell nor an env-file reader takes for anything but themselves; a
 * value of nothing but `=` would read as the padding of a raw key.
 */
const PLAIN = /^(?!=+$)[A-Za-z0-9_./:@%+=,*?[\]{}^!#-]+$/;
/** Cannot be carried in YAML as they are; JSON.stringify leaves some of them raw. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]/g;

/**
 * The document that holds a key.
 * - `raw`: the key and a newline.
 * - `dotenv`: `NAME=key`, quoted where a shell needs it: then sh and systemd read the key, docker the quotes with it.
 * - `kubernetes-secret`: a `v1` Secret with the key in `stringData`.
 */
export function formatKeyDocument(key: string, format: KeyFormat, options: KeyDocumentOptions): string {
  switch (format) {
    case 'raw':
      return `${key}\n`;
    case 'dotenv':
      return `${options.keyVar}=${shellWord(key)}\n`;
    case 'kubernetes-secret':
      return secretDocument(key, options);
  }
}

function shellWord(key: string): string {
  return PLAIN.test(key) ? key : `'${key.replaceAll("'", `'\\''`)}'`;
}

function secretDocument(key: string, { keyVar, secretName, namespace }: KeyDocumentOptions): string {
  const lines = ['apiVersion: v1', 'kind: Secret', 'metadata:', `  name: ${yamlString(secretName)}`];
  if (namespace !== undefined) lines.push(`  namespace: ${yamlString(namespace)}`);
  lines.push('type: Opaque', 'stringData:', `  ${yamlString(keyVar)}: ${yamlString(key)}`, '');
  return lines.join('\n');
}

/** A JSON string is a YAML double-quoted scalar. */
function yamlString(text: string): string {
  return JSON.stringify(text).replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** @throws UsageError unless `value` is one of KEY_FORMATS. */
export function checkKeyFormat(value: string): KeyFormat {
  const format = KEY_FORMATS.find((known) => known === value);
  if (format !== undefined) return format;
  const near = nearest(value, KEY_FORMATS);
  throw new UsageError(`--key-format ${JSON.stringify(value)} is no format.`, {
    hints: [...(near === undefined ? [] : [`Did you mean ${near}?`]), `Formats: ${KEY_FORMATS.join(', ')}`],
  });
}

/** @throws UsageError unless `value` can name a shell variable and a Secret's field. */
export function checkKeyVar(value: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return value;
  throw new UsageError(`--key-var ${JSON.stringify(value)} cannot be a variable's name.`, {
    hints: ['Use letters, digits and underscores, with no digit first: --key-var API_KEY'],
  });
}

/** @throws UsageError unless `value` is a DNS-1123 subdomain of at most 253 characters. */
export function checkSecretName(value: string): string {
  if (value.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value)) return value;
  throw new UsageError(`--secret-name ${JSON.stringify(value)} cannot be the name of a Kubernetes Secret.`, {
    hints: ['Use lower-case letters, digits, "-" and ".", with a letter or digit at both ends: --secret-name my-secret'],
  });
}

/** @throws UsageError unless `value` is a DNS-1123 label of at most 63 characters. */
export function checkNamespace(value: string): string {
  if (value.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value)) return value;
  throw new UsageError(`--namespace ${JSON.stringify(value)} cannot be the name of a Kubernetes namespace.`, {
    hints: ['Use lower-case letters, digits and "-", with a letter or digit at both ends: --namespace open-telemetry'],
  });
}
