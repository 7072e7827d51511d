import { ServerError, type StsError, UnsupportedServerError } from '../errors.ts';
import { visible } from '../escape.ts';
import { shellWord } from '../shell-word.ts';
import type { CallOptions } from './model.ts';
import type { Requests } from './requests.ts';
import { serverResource } from './server.ts';

/** An operation that the platform does not support. */
export interface Attempt {
  readonly verb: 'list' | 'create' | 'delete' | 'verify';
  /** The name of the credential that was to be created. */
  readonly name?: string;
}

type Command = 'ingestion-api-key' | 'service-token';

const absent = {
  'ingestion-api-key': {
    what: 'ingestion API keys',
    range: 'They exist from StackState 6.0 to SUSE Observability 2.3.5; later platforms have service tokens instead.',
    instead: 'Use a service token there',
  },
  'service-token': {
    what: 'service tokens',
    range: 'Agents and collectors of StackState 6.0 to SUSE Observability 2.3.5 use ingestion API keys.',
    instead: 'Use an ingestion API key there',
  },
} as const;

/**
 * Explains a missing collection, or a web page instead of JSON, by the server's version from `GET /server/info`.
 * @throws the error of that request: no connection, a token that is not accepted, an interrupt, no StackState at this URL.
 */
export async function explainMissing(
  requests: Requests,
  command: Command,
  attempt: Attempt,
  call: CallOptions,
): Promise<StsError> {
  const { version, platformVersion } = await serverResource(requests).info(call);
  const name = visible(platformVersion ?? `${version.major}.${version.minor}.${version.patch}`);
  const { what, range, instead } = absent[command];
  const lacks = attempt.verb === 'verify' ? `${what}, or no way to verify one` : what;
  return new UnsupportedServerError(`${requests.host} runs StackState ${name}, which has no ${lacks}. ${range}`, {
    lacks: command,
    hints: [`${instead}: sts ${otherCommand(command, attempt)}`],
  });
}

/** The command for the same operation on the other kind of credential. */
function otherCommand(command: Command, { verb, name }: Attempt): string {
  const other = command === 'service-token' ? 'ingestion-api-key' : 'service-token';
  if (verb === 'delete') return `${other} delete --id ID`;
  if (verb !== 'create') return `${other} ${verb}`;
  return `${other} create --name ${shellWord(name ?? 'NAME')}${other === 'service-token' ? ' --roles ROLE' : ''}`;
}

/** The error for a server without a StackState API under the API path. */
export function noApi(requests: Requests): ServerError {
  return new ServerError(`${requests.host} has no StackState API under ${requests.path([])}.`, {
    status: 404,
    hints: requests.urlHints(),
  });
}
