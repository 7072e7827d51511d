import { NotFoundError, ServerError, type StsError } from '../errors.ts';
import type { Collection } from './collection.ts';
import type { Requests } from './requests.ts';

type About = Pick<Collection<never>, 'noun' | 'name' | 'command'>;

/** The error for a deletion to which the response was 404. A gateway may have sent the 404, so the list decides. */
export function explainAbsent(requests: Requests, { noun, name, command }: About, id: bigint, listed: boolean): StsError {
  if (!listed) {
    return new NotFoundError(`There is no ${name} with the id ${id}.`, { hints: [`See the ids with: sts ${command} list`] });
  }
  return new ServerError(`${requests.host} responded with 404 to the deletion of the ${noun} ${id}, but still lists it.`, {
    status: 404,
    hints: ['Check for a proxy or gateway between here and the server that blocks DELETE requests.', ...requests.urlHints()],
  });
}
