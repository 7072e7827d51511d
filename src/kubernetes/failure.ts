import { ConnectionError, OutcomeUnknownError, ServerError, type StsError } from '../errors.ts';
import { explainFailure } from '../http/explain.ts';
import { codeOf, DeadlineError, ProxyError } from '../http/failure.ts';
import type { TransportError } from '../http/transport.ts';
import type { Access } from './access.ts';

/** What went wrong between here and the API server, for a request that changes nothing or was never sent. */
export function explainLost({ cause }: TransportError, { cluster, origin }: Access): StsError {
  const explained = explainFailure(cause, cluster.url.href);
  const message = `No response from the Kubernetes API server: ${explained.message}`;
  // The words of the other server's flags would mislead; those on a proxy are about the environment, or name the proxy.
  const hints =
    cause instanceof ProxyError || cause instanceof DeadlineError ? explained.hints : [remedyFor(codeOf(cause) ?? '', origin)];
  return explained instanceof ServerError
    ? new ServerError(message, { hints, cause })
    : new ConnectionError(message, { hints, cause });
}

function remedyFor(code: string, origin: string): string {
  if (code.includes('CERT') || code.includes('SIGNATURE')) {
    return `Check certificate-authority-data and tls-server-name of the cluster that the ${origin} names.`;
  }
  return `Check the server of the ${origin}, the network and the proxy settings; kubectl uses the same: kubectl get --raw /version`;
}

/** The error for a request that changes something and got no whole response. @param what completes `to`: `patch the Secret a/b`. */
export function explainLostChange(lost: TransportError, what: string, sentAt: number, access: Access): StsError {
  const explained = explainLost(lost, access);
  const { host } = access.cluster.url;
  if (lost.sent) {
    return new OutcomeUnknownError(
      `The request to ${what} was sent to ${host}, but its response was lost. ${explained.message}`,
      {
        sentAt,
        cause: lost.cause,
      },
    );
  }
  return new ConnectionError(`${explained.message} Nothing was sent, nothing was changed.`, {
    hints: explained.hints,
    cause: lost.cause,
  });
}
