/** How the value of an assignment is quoted: as a whole, or not, or in parts. */
export type Quoting = 'none' | 'single' | 'double' | 'parts';

/**
 * Characters that need no quotes: shells, systemd, docker and the libraries named dotenv take them for themselves. Not "#", which
 * begins a comment for some, and not a value of nothing but "=", which would read as the padding of a raw key.
 */
const PLAIN = /^(?!=+$)[A-Za-z0-9_./:@%+=,*?[\]{}^!-]+$/;

/**
 * A key as the value of an assignment, quoted as the value before it where such quotes can hold it as it is.
 * - Single quotes hold anything but themselves, for all readers that know quotes; docker takes them for a part of the value.
 * - A single quote itself goes into double quotes, with escapes where they are needed. Of `'a'\''b'`, as shells are often given it,
 *   systemd takes the last quotes for a part of the value.
 */
export function assignedValue(secret: string, quoting: Quoting = 'none'): string {
  const fitsSingle = !secret.includes("'");
  if (quoting === 'double' && !/["\\$`]/.test(secret)) return `"${secret}"`;
  if (quoting === 'single' && fitsSingle) return `'${secret}'`;
  if ((quoting === 'none' || quoting === 'parts') && PLAIN.test(secret)) return secret;
  return fitsSingle ? `'${secret}'` : `"${secret.replace(/["\\$`]/g, '\\$&')}"`;
}
