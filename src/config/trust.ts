import { ConfigError } from '../errors.ts';
import type { Found, Layer } from './layers.ts';
import { readSmallFile } from './token.ts';

export interface FoundAuthorities {
  /** PEM text. */
  readonly pem: string;
  readonly found: Found;
  /** Absolute path of the file, when they came from one. */
  readonly path?: string;
}

/**
 * The authorities of the first level that gives some; at one level the path wins over the data.
 * A relative path starts at the working directory, also one that stands in the config file: the Go CLI takes it so.
 * @throws FileReadError when the file cannot be read, ConfigError when the data is no base64 or holds no certificate.
 */
export async function findAuthorities(
  layers: readonly Layer[],
  resolvePath: (path: string) => string,
): Promise<FoundAuthorities | undefined> {
  for (const layer of layers) {
    const byPath = layer.find('caCertPath');
    if (byPath !== undefined) {
      const path = resolvePath(byPath.text);
      const pem = await readSmallFile(path, 'The CA certificate file');
      return { pem: certificates(pem, `The file ${path}, given by ${byPath.label},`), found: byPath, path };
    }
    const inline = layer.find('caCertBase64Data');
    if (inline !== undefined) {
      return { pem: certificates(decode(inline), `The data given by ${inline.label}`), found: inline };
    }
  }
  return undefined;
}

function decode({ text, label }: Found): string {
  const data = text.replace(/\s+/g, '');
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    throw new ConfigError(`The CA certificates given by ${label} are no base64 data.`, {
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
