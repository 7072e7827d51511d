import { type Cause, causes } from './causes.ts';
import { isObject, type JsonObject, type KubeObject, type Metadata, membersOf, sameJson } from './objects.ts';
import { badRequest } from './status.ts';

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const largestAnnotations = 262_144;

/** A value that is not of the type its field has, in the words of Go's JSON reader. */
export class DecodeError extends Error {}

/** @throws DecodeError when one of the maps of strings in the metadata holds something else. */
export function checkMetadataTypes(object: JsonObject): void {
  const metadata = membersOf(object['metadata']);
  for (const field of ['labels', 'annotations']) checkMap(metadata[field], `ObjectMeta.metadata.${field}`, 'string');
}

/** @throws DecodeError when a map holds anything but strings. */
export function checkMap(value: unknown, field: string, type: string): void {
  for (const member of Object.values(membersOf(value))) {
    if (typeof member === 'string' || member === null) continue;
    throw new DecodeError(`json: cannot unmarshal ${goTypeOf(member)} into Go struct field ${field} of type ${type}`);
  }
}

/** @throws StatusError when the object names another namespace, or another object, than the path. */
export function checkPlace(object: JsonObject, namespace: string, name?: string): void {
  const metadata = membersOf(object['metadata']);
  if (name !== undefined && metadata['name'] !== name) {
    throw badRequest(`the name of the object (${metadata['name'] ?? ''}) does not match the name on the URL (${name})`);
  }
  if ((metadata['namespace'] ?? namespace) !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** The rules that the metadata of a new object breaks. */
export function metadataFaults({ metadata }: KubeObject): Cause[] {
  const found: Cause[] = [];
  if ((metadata.name ?? '') === '') found.push(causes.required('metadata.name', 'name or generateName is required'));
  else if (metadata.name.length > 253 || !new RegExp(`^${subdomain}$`).test(metadata.name)) {
    found.push(causes.invalid('metadata.name', metadata.name, subdomainRule));
  }
  return [...found, ...annotationFaults(metadata)];
}

/** The rules that a change of the metadata breaks, as often as the real server finds them. */
export function metadataChangeFaults(held: KubeObject, changed: KubeObject): Cause[] {
  const uid = causes.invalid('metadata.uid', changed.metadata.uid, 'field is immutable');
  const annotations = annotationFaults(changed.metadata);
  const twice = held.metadata.uid === changed.metadata.uid ? annotations : [uid, ...annotations];
  return [...twice, ...twice, ...annotations];
}

function annotationFaults({ annotations = {} }: Metadata): Cause[] {
  const size = Object.entries(annotations).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  return size > largestAnnotations ? [causes.tooLong('metadata.annotations', largestAnnotations)] : [];
}

/** The metadata of a new object as it was sent, without what the server decides. */
export function newMetadata(sent: JsonObject): Metadata {
  const { uid: _, creationTimestamp: __, deletionTimestamp: ___, managedFields: ____, ...kept } = membersOf(sent['metadata']);
  return dropEmptyMaps(kept) as unknown as Metadata;
}

/** What the server decides is taken from the object it holds, whatever was sent; the uid is judged elsewhere. */
export function keepServerFields(held: KubeObject, changed: JsonObject): Metadata {
  const metadata = { ...membersOf(changed['metadata']) } as unknown as Metadata;
  const { creationTimestamp, generation, managedFields } = held.metadata;
  return {
    ...dropEmptyMaps(metadata),
    uid: metadata.uid ?? held.metadata.uid,
    creationTimestamp,
    ...(generation === undefined ? {} : { generation }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
}

/** Whether two objects differ in their `spec`: that is what raises the generation. */
export function specChanged(held: KubeObject, changed: KubeObject): boolean {
  return !sameJson(held['spec'], changed['spec']);
}

/** Empty maps are not written. */
function dropEmptyMaps<Value extends object>(value: Value): Value {
  const kept = Object.entries(value).filter(([, member]) => !(isObject(member) && Object.keys(member).length === 0));
  return Object.fromEntries(kept) as Value;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
