import { type Cause, causes } from './causes.ts';
import {
  checkMap,
  checkMetadataTypes,
  DecodeError,
  keepServerFields,
  metadataChangeFaults,
  metadataFaults,
  newMetadata,
} from './metadata.ts';
import { type JsonObject, membersOf, type Secret, sameJson } from './objects.ts';

const largestSecret = 1_048_576;
const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** Fields that a Secret of a type has to have. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/**
 * Reads a Secret as it was sent or patched: `stringData` becomes `data`, what is missing gets its default, unknown members are dropped.
 * @param held the Secret that it is to replace.
 * @throws DecodeError when a field is not of its type, above all data that is no base64.
 */
export function readSecret(sent: JsonObject, held?: Secret): Secret {
  checkMetadataTypes(sent);
  checkMap(sent['data'], 'Secret.data', '[]uint8');
  checkMap(sent['stringData'], 'Secret.stringData', 'string');
  const data: Record<string, string> = {};
  for (const [name, value] of Object.entries(membersOf(sent['data']))) data[name] = canonicalBase64(String(value ?? ''));
  for (const [name, value] of Object.entries(membersOf(sent['stringData']))) data[name] = encode(String(value ?? ''));
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: held === undefined ? newMetadata(sent) : keepServerFields(held, sent),
    ...(Object.keys(data).length === 0 ? {} : { data }),
    type: typeof sent['type'] === 'string' && sent['type'] !== '' ? sent['type'] : 'Opaque',
    ...(typeof sent['immutable'] === 'boolean' ? { immutable: sent['immutable'] } : {}),
  };
}

/** The rules that a Secret breaks, in the order in which the API tells them. */
export function secretFaults(secret: Secret): Cause[] {
  const data = secret.data ?? {};
  const found = metadataFaults(secret);
  for (const name of Object.keys(data).sort()) {
    if (name.length > 253 || !/^[-._a-zA-Z0-9]+$/.test(name)) found.push(causes.invalid(`data[${name}]`, name, keyRule));
    else if (name === '.' || name.startsWith('..')) {
      found.push(causes.invalid(`data[${name}]`, name, name.length <= 2 ? `must not be '${name}'` : "must not start with '..'"));
    }
  }
  const size = Object.values(data).reduce((sum, value) => sum + Buffer.from(value, 'base64').length, 0);
  if (size > largestSecret) found.push(causes.tooLong('data', largestSecret));
  for (const name of requiredFields[secret.type] ?? []) if (!(name in data)) found.push(causes.required(`data[${name}]`));
  return found;
}

/** The rules that a change of a Secret breaks: the type is for ever, and so is the data of an immutable one. */
export function secretChangeFaults(held: Secret, changed: Secret): Cause[] {
  const found = metadataChangeFaults(held, changed);
  if (held.type !== changed.type) found.push(causes.invalid('type', changed.type, 'field is immutable'));
  if (held.immutable === true) {
    const why = 'field is immutable when `immutable` is set';
    if (changed.immutable !== true) found.push(causes.forbidden('immutable', why));
    if (!sameJson(held.data ?? {}, changed.data ?? {})) found.push(causes.forbidden('data', why));
  }
  return [...found, ...secretFaults(changed)];
}

export function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** Base64 as the API writes it. Line breaks are taken out, as Go does. @throws DecodeError when it is none. */
function canonicalBase64(text: string): string {
  const joined = text.replaceAll(/[\r\n]/g, '');
  const wrong = joined.search(/[^A-Za-z0-9+/]/);
  const tail = wrong < 0 ? '' : joined.slice(wrong);
  const whole = joined.length % 4 === 0 && /^={0,2}$/.test(tail);
  const place = wrong < 0 ? joined.length - (joined.length % 4) : wrong;
  if (!whole) throw new DecodeError(`illegal base64 data at input byte ${place}`);
  return Buffer.from(joined, 'base64').toString('base64');
}
