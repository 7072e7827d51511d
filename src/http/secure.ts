import type { Socket } from 'node:net';
import type { TrustStore } from './trust.ts';

/** Opens a connection to a server or a proxy. */
export type Open = () => Promise<Socket>;

/** OpenSSL's codes for a certificate whose issuer is not trusted. More trusted CA certificates may help. */
const untrusted = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

/**
 * Adds TLS to a connection. If the server's certificate is not trusted, it connects again with more CA certificates, as long as there are
 * more to read. No byte of a request has been sent at that time.
 * @param name the host name to expect in the certificate, or the IP address.
 */
export function secured(open: Open, name: string, trust: TrustStore, signal: AbortSignal): Open {
  return async () => {
    for (;;) {
      const used = trust.current;
      try {
        return await handshake(await open(), name, trust, signal);
      } catch (error) {
        if (!untrusted.has(codeIn(error)) || signal.aborted) throw error;
        // Another connection may have widened the trust in the meantime, or may be widening it now.
        if (trust.current === used && !(await trust.widen()) && trust.current === used) throw error;
      }
    }
  };
}

async function handshake(socket: Socket, name: string, trust: TrustStore, signal: AbortSignal): Promise<Socket> {
  const [{ connect }, { isIP }] = await Promise.all([import('node:tls'), import('node:net')]);
  const { current: secureContext, rejectUnauthorized } = trust;
  return new Promise((resolve, reject) => {
    const options = {
      socket,
      host: name,
      // An IP address cannot be sent as a server name (RFC 6066).
      ...(isIP(name) === 0 ? { servername: name } : {}),
      rejectUnauthorized,
      ...(secureContext === undefined ? {} : { secureContext }),
      ALPNProtocols: ['http/1.1'],
      highWaterMark: 16_384,
    };
    const secure = connect(options);
    const giveUp = () => secure.destroy(signal.reason);
    signal.addEventListener('abort', giveUp);
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(secure);
    });
    secure.on('error', (error) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      reject(error);
    });
    if (signal.aborted) giveUp();
  });
}

function codeIn(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
