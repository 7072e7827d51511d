import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Link {
  readonly cert: string;
  readonly key: string;
}

const day = 86_400_000;
const times = () => ({ notBeforeDate: new Date(Date.now() - 30 * day), notAfterDate: new Date(Date.now() + 30 * day) });
const manner = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A CA certificate, signed by itself or by another one. */
export async function createCa(issuer?: Link): Promise<Link> {
  const made = await generate([{ name: 'commonName', value: `Simulated CA ${randomUUID()}` }], {
    ...manner,
    ...times(),
    ...(issuer === undefined ? {} : { ca: issuer }),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A certificate of this machine, or of a client. */
export async function createLeaf(issuer: Link, use: 'server' | 'client' = 'server'): Promise<Link> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...manner,
    ...times(),
    ca: issuer,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', ...(use === 'server' ? { serverAuth: true } : { clientAuth: true }) },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}
