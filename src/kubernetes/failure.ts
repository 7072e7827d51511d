import { ConnectionError, OutcomeUnknownError, ServerError, type StsError } from '../errors.ts';
import { codeOf, DeadlineError, ProxyError } from '../http/failure.ts';
import type { TransportError } from '../http/transport.ts';
import type { Access } from './access.ts';

/** The error for a request that got no response and changed nothing, because it only reads or was never sent. */
export async function explainLost({ cause }: TransportError, { cluster, origin }: Access): Promise<StsError> {
  // This module is loaded only when an error has to be explained.
  const { explainFailure } = await import('../http/explain.ts');
  const explained = explainFailure(cause, cluster.url.href);
  const message = `No response from the Kubernetes API server: ${explained.message}`;
  // Most hints name flags for StackState. Only those about a proxy and a timeout also apply to Kubernetes.
  const kept = cause instanceof ProxyError || cause instanceof DeadlineError;
  const hints = kept ? explained.hints : [remedyFor(codeOf(cause) ?? '', origin)];
  if (explained instanceof ServerError) return new ServerError(message, { hints, cause });
  return explained instanceof ConnectionError ? new ConnectionError(message, { hints, cause }) : explained;
}

function remedyFor(code: string, origin: string): string {
  if (/CERT_REQUIRED|CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code)) {
    return `Give the user of the ${origin} a client certificate, or have it renewed.`;
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return `Check certificate-authority-data and tls-server-name of the cluster that the ${origin} names.`;
  }
  return `Check the server of the ${origin}, the network and the proxy settings. Check whether kubectl can connect: kubectl get --raw /version`;
}

/** The error for a request that changes something and got no complete response. @param what completes `to`: `patch the Secret a/b`. */
export async function explainLostChange(lost: TransportError, what: string, sentAt: number, access: Access): Promise<StsError> {
  const explained = await explainLost(lost, access);
  const { cause } = lost;
  if (!lost.sent) return explained.because('Nothing was sent, so nothing was changed.');
  const message = `The request to ${what} was sent, but its response was lost. ${explained.message}`;
  return new OutcomeUnknownError(message, { sentAt, cause });
}
