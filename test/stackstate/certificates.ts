import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';

export interface CertificateOptions {
  /** The certificate ended yesterday. */
  readonly expired?: boolean;
  /** The certificate is for another host than this machine. */
  readonly wrongHost?: boolean;
  /** Host names it is good for besides those of this machine. */
  readonly hosts?: readonly string[];
}

export interface Certificate {
  /** The authority to trust. */
  readonly caPem: string;
  readonly cert: string;
  readonly key: string;
}

const day = 86_400_000;

/** A new authority, and a certificate of its for `localhost`, `127.0.0.1` and `::1`; made for each server, so nothing trusts another's. */
export async function createCertificate(options: CertificateOptions = {}): Promise<Certificate> {
  const now = Date.now();
  const common = { keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(now - 30 * day) } as const;
  // Authorities of one name are taken for one another.
  const name = `Simulated StackState Authority ${randomUUID()}`;
  const authority = await generate([{ name: 'commonName', value: name }], {
    ...common,
    notAfterDate: new Date(now + 30 * day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const host = options.wrongHost ? 'elsewhere.example' : 'localhost';
  const leaf = await generate([{ name: 'commonName', value: host }], {
    ...common,
    notAfterDate: new Date(options.expired ? now - day : now + 30 * day),
    ca: { key: authority.private, cert: authority.cert },
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
  return { caPem: authority.cert, cert: leaf.cert, key: leaf.private };
}
