import { type Cause, causes } from './causes.ts';
import { checkMap, checkMetadataTypes, keepServerFields, metadataChangeFaults, metadataFaults, specChanged } from './metadata.ts';
import { type JsonObject, type KubeObject, membersOf, sameJson } from './objects.ts';

/**
 * A workload as it is after a patch: a changed `spec` raises the generation; the status is not changed this way.
 * @throws DecodeError when a field is not of its type.
 */
export function changedWorkload(held: KubeObject, result: JsonObject): KubeObject {
  checkMetadataTypes(result);
  const template = membersOf(membersOf(membersOf(result['spec'])['template'])['metadata']);
  for (const field of ['labels', 'annotations'])
    checkMap(template[field], `ObjectMeta.spec.template.metadata.${field}`, 'string');
  const changed: KubeObject = {
    ...held,
    metadata: keepServerFields(held, result),
    spec: withoutEmptyAnnotations(membersOf(result['spec'])),
  };
  if (!specChanged(held, changed)) return changed;
  return { ...changed, metadata: { ...changed.metadata, generation: (held.metadata.generation ?? 1) + 1 } };
}

/** The rules that a change of a workload breaks. */
export function workloadChangeFaults(held: KubeObject, changed: KubeObject): Cause[] {
  const found = [...metadataChangeFaults(held, changed), ...metadataFaults(changed)];
  const [before, after] = [membersOf(held['spec']), membersOf(changed['spec'])];
  const labels = membersOf(membersOf(membersOf(after['template'])['metadata'])['labels']);
  const selected = Object.entries(membersOf(membersOf(after['selector'])['matchLabels']));
  if (selected.some(([name, value]) => labels[name] !== value)) {
    found.push(causes.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  if (!sameJson(before['selector'], after['selector'])) {
    found.push(causes.invalid('spec.selector', after['selector'], 'field is immutable'));
  }
  return found;
}

/** A pod template that lost its last annotation has none, not an empty map. */
function withoutEmptyAnnotations(spec: JsonObject): JsonObject {
  const template = membersOf(spec['template']);
  const { annotations, ...metadata } = membersOf(template['metadata']);
  if (annotations === undefined || Object.keys(membersOf(annotations)).length > 0) return spec;
  return { ...spec, template: { ...template, metadata } };
}
