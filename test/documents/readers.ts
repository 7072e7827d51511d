// How programs read a file of variables, written down from their own rules; nothing here knows how `src` reads one.

/**
 * systemd's EnvironmentFile, after its state machine: quotes only where a value begins or goes on after other quotes, a backslash
 * escapes, no comment behind a value.
 */
export function systemdReads(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) at++;
    else if (/[#;]/.test(char)) at = endOfLine(text, at);
    else {
      const equals = text.indexOf('=', at);
      const end = endOfLine(text, at);
      if (equals === -1 || equals > end) {
        at = end;
        continue;
      }
      const { value, next } = systemdValue(text, equals + 1);
      variables.set(text.slice(at, equals).trimEnd(), value);
      at = next;
    }
  }
  return variables;
}

type State = 'before' | 'plain' | 'single' | 'double';

function systemdValue(text: string, from: number): { readonly value: string; readonly next: number } {
  let state: State = 'before';
  let value = '';
  // Without the blanks at the end of a plain value.
  let length = 0;
  let at = from;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    const quoted: boolean = state === 'single' || state === 'double';
    if (char === '\n' && !quoted) break;
    if (state === 'single' && char === "'") state = 'before';
    else if (state === 'double' && char === '"') state = 'before';
    else if (state === 'before' && char === "'") state = 'single';
    else if (state === 'before' && char === '"') state = 'double';
    else if (state === 'before' && /\s/.test(char)) continue;
    else if (char === '\\' && state !== 'single') {
      const escaped = text.charAt(++at);
      const kept = state === 'double' && !/["\\$`\n]/.test(escaped);
      value += `${kept ? '\\' : ''}${escaped === '\n' ? '' : escaped}`;
      if (state === 'before') state = 'plain';
      length = value.length;
    } else {
      value += char;
      if (state === 'before') state = 'plain';
      if (quoted || !/\s/.test(char)) length = value.length;
    }
  }
  return { value: value.slice(0, length), next: at };
}

/** `docker run --env-file`: what stands behind the equals sign is the value, whatever it is. */
export function dockerReads(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const trimmed = line.trimStart();
    const equals = trimmed.indexOf('=');
    if (!trimmed.startsWith('#') && equals > 0) variables.set(trimmed.slice(0, equals), trimmed.slice(equals + 1));
  }
  return variables;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
