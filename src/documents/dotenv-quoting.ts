/** How the value of an assignment is quoted. `parts`: different parts of it are quoted differently. */
export type Quoting = 'none' | 'single' | 'double' | 'parts';

/**
 * Values that need no quotes: shells, systemd, docker and the dotenv libraries read them literally. "#" is left out, because it begins a
 * comment for some of them. A value of "=" only is left out, because the line would look like a raw key with padding.
 */
const PLAIN = /^(?!=+$)[A-Za-z0-9_./:@%+=,*?[\]{}^!-]+$/;

/**
 * Writes a key as the value of an assignment, quoted like the old value if such quotes can hold it without escapes.
 * - Single quotes can hold anything but single quotes, for every reader that knows quotes. Docker takes the quotes as part of the value.
 * - A value with a single quote is put in double quotes, with escapes where needed. The usual shell form `'a'\''b'` is not used, because
 *   systemd takes the last quotes as part of the value.
 */
export function assignedValue(secret: string, quoting: Quoting = 'none'): string {
  const fitsSingle = !secret.includes("'");
  if (quoting === 'double' && !/["\\$`]/.test(secret)) return `"${secret}"`;
  if (quoting === 'single' && fitsSingle) return `'${secret}'`;
  if ((quoting === 'none' || quoting === 'parts') && PLAIN.test(secret)) return secret;
  return fitsSingle ? `'${secret}'` : `"${secret.replace(/["\\$`]/g, '\\$&')}"`;
}
