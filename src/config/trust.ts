import { ConfigError } from '../errors.ts';
import type { Disk } from '../platform/disk.ts';
import type { Found, Layer } from './layers.ts';
import { readNamedFile } from './read.ts';

/** CA certificates to trust in addition to the public ones. */
export interface FoundCertificates {
  /** The setting that gave the certificates. */
  readonly member: 'caCertPath' | 'caCertBase64Data';
  /** PEM text. */
  readonly pem: string;
  readonly found: Found;
  /** Absolute path of the file, if they were read from one. */
  readonly path?: string;
}

export interface TrustInput {
  disk(): Promise<Disk>;
  resolvePath(path: string): string;
}

/**
 * Finds the CA certificates of the first level that gives some. On the same level the path wins over the data. A relative path starts at
 * the working directory, even in the config file, because the Go CLI reads it that way.
 * @throws FileReadError when the file cannot be read, ConfigError when the data is not base64 or holds no certificate.
 */
export async function findCaCertificates(
  layers: readonly Layer[],
  { disk, resolvePath }: TrustInput,
): Promise<FoundCertificates | undefined> {
  for (const layer of layers) {
    const byPath = layer.find('caCertPath');
    if (byPath !== undefined) {
      const path = resolvePath(byPath.text);
      const pem = await readNamedFile(await disk(), path, 'The CA certificate file');
      return { pem: certificates(pem, `The file ${path}, given by ${byPath.label},`), found: byPath, member: 'caCertPath', path };
    }
    const inline = layer.find('caCertBase64Data');
    if (inline !== undefined) {
      return {
        pem: certificates(decode(inline), `The data given by ${inline.label}`),
        found: inline,
        member: 'caCertBase64Data',
      };
    }
  }
  return undefined;
}

/** The certificates as the config file stores them: only the certificates of the PEM text, without anything else such as a private key. */
export function certificateData(pem: string): string {
  const blocks = pem.match(/-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[\s\S]*?-----END \1-----/g) ?? [];
  return Buffer.from(`${blocks.join('\n')}\n`).toString('base64');
}

function decode({ text, label }: Found): string {
  const data = text.replace(/\s+/g, '');
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    throw new ConfigError(`The CA certificates given by ${label} are not base64 data.`, {
      hints: ['Encode the PEM file: base64 -w0 < ca.pem'],
    });
  }
  return Buffer.from(data, 'base64').toString('utf8');
}

function certificates(pem: string, subject: string): string {
  if (/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(pem)) return pem;
  throw new ConfigError(`${subject} holds no PEM certificate.`, {
    hints: [
      'A PEM certificate starts with -----BEGIN CERTIFICATE-----; convert DER: openssl x509 -inform der -in ca.der -out ca.pem',
    ],
  });
}
