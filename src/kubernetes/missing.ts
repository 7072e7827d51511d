import type { StsError } from '../errors.ts';
import { ObjectMissingError } from './errors.ts';
import { namespaces, type Target, titleOf } from './resources.ts';

/**
 * The error for a target that does not exist. If an object is missing, the API server does not say whether its namespace exists. So the
 * namespace is requested, too, which most credentials are not allowed to do.
 * @param about the resource that is missing according to the API server.
 * @param namespaceExists gives undefined if that cannot be found out.
 */
export async function explainMissing(
  target: Target,
  about: string,
  namespaceExists: (name: string) => Promise<boolean | undefined>,
): Promise<StsError> {
  const { resource, namespace } = target;
  const title = titleOf(target).replace(/^the /, '');
  if (resource === namespaces) return namespaceMissing(target.name ?? '');
  const exists = about === namespaces.plural ? false : await namespaceExists(namespace);
  if (exists === false) return namespaceMissing(namespace);
  const list = `See which exist: kubectl get ${resource.plural} --namespace ${namespace}`;
  return exists
    ? new ObjectMissingError('object', `There is no ${title}.`, { hints: [list] })
    : new ObjectMissingError('unknown', `There is no ${title}.`, {
        hints: [`The namespace ${namespace} may be missing, too: these credentials are not allowed to check that.`, list],
      });
}

function namespaceMissing(name: string): ObjectMissingError {
  return new ObjectMissingError('namespace', `There is no namespace ${name}.`, {
    hints: ['See which exist: kubectl get namespaces', `Or create it: kubectl create namespace ${name}`],
  });
}
