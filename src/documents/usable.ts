/** Servers and proxies accept about this many bytes for all headers of a request together. */
const LONGEST_SECRET = 8192;

/**
 * Checks that a text can be a key or token: an HTTP header must carry it unchanged. Any printable ASCII is allowed, also a blank in the
 * middle, because no specification limits keys to letters, and dotenv files and Secrets can hold blanks. A blank at either end would be
 * lost, because receivers trim headers.
 * @returns why it cannot be used, as the end of a sentence (`it is empty`); undefined if it can.
 */
export function usableSecret(secret: string): string | undefined {
  if (secret.trim() === '') return 'it is empty';
  if (secret.length > LONGEST_SECRET) return `it is longer than ${LONGEST_SECRET} characters`;
  if (/\p{Cc}/u.test(secret)) return 'it has a line break or another control character';
  if (!/^[\x20-\x7e]+$/.test(secret)) return 'it has a character that is not printable ASCII';
  if (/^ | $/.test(secret)) return 'it begins or ends with a blank';
  if (/\*{4}|^\*+$/.test(secret)) return 'it is masked with asterisks';
  if (/^ENC\[AES256_GCM,/.test(secret)) return 'it is encrypted by sops';
  if (/^\{\{.*\}\}$/.test(secret) || /^\$\{.*\}$/.test(secret)) return 'it is a placeholder that a template fills in';
  return undefined;
}

/**
 * Whether a text looks like what the platform gives out: `iapikeyok-...` or `svctok-...`. Only good for a guess, since nothing promises
 * these beginnings.
 */
export function looksIssued(text: string): boolean {
  return /^(?:iapikeyok|svctok)-/.test(text);
}
