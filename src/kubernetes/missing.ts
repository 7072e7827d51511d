import type { StsError } from '../errors.ts';
import { ObjectMissingError } from './errors.ts';
import { namespaces, type Target, titleOf } from './resources.ts';

/**
 * The error for a target that does not exist. Of an object that is asked for, the API server says the same whether it or its whole
 * namespace is missing; so the namespace is asked for, which few credentials may.
 * @param about the resource that the API server says is missing.
 * @param namespaceExists gives undefined where that cannot be found out.
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
  const list = `See what there is: kubectl get ${resource.plural} --namespace ${namespace}`;
  return exists
    ? new ObjectMissingError('object', `There is no ${title}.`, { hints: [list] })
    : new ObjectMissingError('unknown', `There is no ${title}.`, {
        hints: [`Perhaps there is no namespace ${namespace} either: these credentials may not look.`, list],
      });
}

function namespaceMissing(name: string): ObjectMissingError {
  return new ObjectMissingError('namespace', `There is no namespace ${name}.`, {
    hints: ['See what there is: kubectl get namespaces', `Or create it: kubectl create namespace ${name}`],
  });
}
