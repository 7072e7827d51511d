import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';

export interface CertificateOptions {
  /** Whether the certificate expired yesterday. */
  readonly expired?: boolean;
  /** Whether the certificate is for another host than this machine. */
  readonly wrongHost?: boolean;
  /** Further host names for which the certificate is valid. */
  readonly hosts?: readonly string[];
}

/** A key pair in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificate extends KeyPair {
  /** The CA certificate to trust. */
  readonly caPem: string;
  /** The key pair of the CA, to sign more certificates. */
  readonly authority: KeyPair;
}

const day = 86_400_000;

/**
 * Creates a new CA and its certificate for `localhost`, `127.0.0.1` and `::1`. Each server has its own, so no client trusts another server.
 */
export async function createCertificate(options: CertificateOptions = {}): Promise<Certificate> {
  const now = Date.now();
  // CAs with the same name would be mistaken for each other.
  const name = `Simulated CA ${randomUUID()}`;
  const ca = await generate([{ name: 'commonName', value: name }], {
    ...common(now),
    notAfterDate: new Date(now + 30 * day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const authority = { cert: ca.cert, key: ca.private };
  const host = options.wrongHost ? 'elsewhere.example' : 'localhost';
  const leaf = await generate([{ name: 'commonName', value: host }], {
    ...common(now),
    notAfterDate: new Date(options.expired ? now - day : now + 30 * day),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: options.wrongHost
          ? [{ type: 2, value: host }]
          : [
              { type: 2, value: host },
              { type: 7, ip: '127.0.0.1' },
              { type: 7, ip: '::1' },
              ...(options.hosts ?? []).map((value) => ({ type: 2 as const, value })),
            ],
      },
    ],
  });
  return { caPem: authority.cert, authority, cert: leaf.cert, key: leaf.private };
}

/** Creates a client certificate. Its common name is the name of the user. */
export async function createClientCertificate(authority: KeyPair, user: string): Promise<KeyPair> {
  const now = Date.now();
  const client = await generate([{ name: 'commonName', value: user }], {
    ...common(now),
    notAfterDate: new Date(now + 30 * day),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  });
  return { cert: client.cert, key: client.private };
}

function common(now: number) {
  return { keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(now - 30 * day) } as const;
}
