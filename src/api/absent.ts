import { NotFoundError, ServerError, type StsError } from '../errors.ts';
import type { Collection } from './collection.ts';
import type { Requests } from './requests.ts';

type About = Pick<Collection<never>, 'noun' | 'name' | 'command'>;

/** The error for a deletion that was answered with 404. A gateway may have sent that, so the list decides. */
export function explainAbsent(requests: Requests, { noun, name, command }: About, id: bigint, listed: boolean): StsError {
  if (!listed) {
    return new NotFoundError(`There is no ${name} with the id ${id}.`, { hints: [`See the ids with: sts ${command} list`] });
  }
  return new ServerError(`${requests.host} responded with 404 to the deletion of the ${noun} ${id}, and lists it still.`, {
    status: 404,
    hints: ['Look for a proxy or gateway on the way that lets no DELETE pass.', ...requests.urlHints()],
  });
}
