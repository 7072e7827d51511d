/** Shorter pieces of a secret are not hidden, because they occur in ordinary text, too. */
const shortest = 8;

/**
 * Removes secrets, and pieces of them, from a text of the server. The server may quote a part of a request that it could not decode.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const hidden = new Set<number>();
  for (const secret of secrets) {
    const length = Math.min(shortest, secret.length);
    if (length < 4) continue;
    for (let at = 0; at + length <= secret.length; at++) {
      const part = secret.slice(at, at + length);
      for (let found = text.indexOf(part); found >= 0; found = text.indexOf(part, found + 1)) {
        for (let index = found; index < found + length; index++) hidden.add(index);
      }
    }
  }
  if (hidden.size === 0) return text;
  let rest = '';
  for (let index = 0; index < text.length; index++) {
    if (!hidden.has(index)) rest += text[index];
    else if (!hidden.has(index - 1)) rest += '[hidden]';
  }
  return rest;
}
