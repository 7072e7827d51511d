import type { Socket } from 'node:net';
import type { TrustStore } from './trust.ts';

/** Opens a connection. */
export type Open = () => Promise<Socket>;

/** OpenSSL's codes for a certificate that no trusted one vouches for. More trusted certificates may help. */
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
 * TLS over another connection. While the server's certificate is not trusted and there are more CA certificates to read, it connects
 * again with these. No byte of a request has been sent by then.
 * @param name the host's name in its certificate, or its IP address.
 */
export function secured(open: Open, name: string, trust: TrustStore, signal: AbortSignal): Open {
  return async () => {
    for (;;) {
      const used = trust.current;
      try {
        return await handshake(await open(), name, trust, signal);
      } catch (error) {
        if (!untrusted.has(codeIn(error)) || signal.aborted) throw error;
        // Another connection may have widened it meanwhile, or widens it now.
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
      // An IP address is no server name (RFC 6066).
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
