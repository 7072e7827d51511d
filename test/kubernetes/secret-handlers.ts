import { checkPlace, DecodeError } from './metadata.ts';
import { membersOf, resources, type Secret } from './objects.ts';
import { deleteOptions, patchOf, sentObject, writingOf } from './request.ts';
import { readSecret, secretChangeFaults, secretFaults } from './secrets.ts';
import {
  alreadyExists,
  badRequest,
  notFound,
  preconditionFailed,
  successOf,
  terminatingNamespace,
  unexpected,
} from './status.ts';
import type { ObjectStore } from './store.ts';
import { asJson, checkVersion, type Handlers, heldObject, listOf, ok, readPatched, refuseFaults, type Turn } from './turn.ts';

type SecretRoute = 'secret-list' | 'secret-get' | 'secret-create' | 'secret-patch' | 'secret-delete';

export function secretHandlers(store: ObjectStore): Handlers<SecretRoute> {
  return {
    'secret-list': (turn) => ok(listOf(turn, store.version, store.list('secrets', turn.wanted.namespace))),
    'secret-get': (turn) => ok(asJson(heldObject(store, turn))),

    async 'secret-create'(turn) {
      const by = writingOf(turn.request, turn.wanted.query, 'CreateOptions');
      const sent = await sentObject(turn.request, resources.secrets);
      checkPlace(sent, turn.namespace);
      const secret = newSecret(() => readSecret(sent));
      const name = secret.metadata.name ?? '';
      checkNamespace(store, turn, name);
      refuseFaults(turn, name, secretFaults(secret));
      if (store.get('secrets', turn.namespace, name) !== undefined) throw alreadyExists(resources.secrets, name);
      if ((secret.metadata.resourceVersion ?? '') !== '') {
        throw unexpected('resourceVersion should not be set on objects to be created');
      }
      const metadata = { ...secret.metadata, namespace: turn.namespace };
      return { code: 201, body: asJson(store.create('secrets', { ...secret, metadata }, by)) };
    },

    async 'secret-patch'(turn) {
      const by = writingOf(turn.request, turn.wanted.query, 'PatchOptions');
      const apply = await patchOf(turn.request);
      const held = heldObject(store, turn) as Secret;
      const result = apply(asJson(held));
      checkPlace(result, turn.namespace, turn.name);
      const changed = readPatched(result, () => readSecret(result, held));
      checkVersion(turn, held, membersOf(result['metadata'])['resourceVersion']);
      refuseFaults(turn, turn.name, secretChangeFaults(held, changed));
      return ok(asJson(store.replace('secrets', held, changed, by)));
    },

    async 'secret-delete'(turn) {
      const { dryRun } = writingOf(turn.request, turn.wanted.query, 'DeleteOptions');
      const { uid, resourceVersion } = membersOf((await deleteOptions(turn.request))['preconditions']);
      const { metadata } = heldObject(store, turn);
      checkPrecondition(turn, 'UID', uid, metadata.uid, 'The object might have been deleted and then recreated');
      checkPrecondition(
        turn,
        'ResourceVersion',
        resourceVersion,
        metadata.resourceVersion,
        'The object might have been modified',
      );
      if (!dryRun) store.remove('secrets', heldObject(store, turn));
      return ok(successOf(resources.secrets, turn.name, metadata.uid));
    },
  };
}

/** @throws StatusError 400 when a field of the new Secret is not of its type. */
function newSecret(read: () => Secret): Secret {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`Secret in version "v1" cannot be handled as a Secret: ${error.message}`);
  }
}

/** @throws StatusError when nothing can be created in the namespace: there is none, or it is being deleted. */
function checkNamespace(store: ObjectStore, { namespace }: Turn, name: string): void {
  const phase = store.namespaces.get(namespace);
  if (phase === undefined) throw notFound(resources.namespaces, namespace);
  if (phase === 'Terminating') throw terminatingNamespace(resources.secrets, name, namespace);
}

/** @throws StatusError 409 when a deletion is meant for another object, or another version of it. */
function checkPrecondition({ plural, name }: Turn, what: string, wanted: unknown, held: string, why: string): void {
  if (wanted === undefined || wanted === held) return;
  const text = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${held}). ${why}`;
  throw preconditionFailed(resources[plural], name, text);
}
