import { type Attributes, allows } from './access.ts';
import { managersAfter } from './managed-fields.ts';
import { isObject, type Json, membersOf, resources, timestamp } from './objects.ts';
import { sentObject, writingOf } from './request.ts';
import { StatusError } from './status.ts';
import type { Outcome, Turn } from './turn.ts';

/** Says whether the one who asks may do something. */
export async function reviewAccess({ request, user, wanted: { query } }: Turn, now: number): Promise<Outcome> {
  const sent = await sentObject(request, resources.selfsubjectaccessreviews);
  const spec = membersOf(sent['spec']);
  const wanted = spec['resourceAttributes'];
  if (!isObject(wanted)) throw noAttributes();
  const text = (name: string) => (typeof wanted[name] === 'string' && wanted[name] !== '' ? wanted[name] : undefined);
  const [namespace, name, subresource] = [text('namespace'), text('name'), text('subresource')];
  const attributes: Attributes = {
    verb: text('verb') ?? '',
    plural: text('resource') ?? '',
    group: text('group') ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
  const review = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec };
  const { manager } = writingOf(request, query, 'CreateOptions');
  const managedFields = managersAfter(undefined, review, [], { manager, apiVersion: review.apiVersion, time: timestamp(now) });
  const metadata = { managedFields: managedFields as unknown as Json };
  return { code: 201, body: { ...review, metadata, status: { allowed: allows(user, attributes) } } };
}

function noAttributes(): StatusError {
  const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
  const field = 'spec.resourceAttributes';
  const details = { group: 'authorization.k8s.io', causes: [{ reason: 'FieldValueInvalid', message, field }] };
  return new StatusError(422, 'Invalid', `.authorization.k8s.io "" is invalid: ${field}: ${message}`, details);
}
