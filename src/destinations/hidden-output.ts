/** The text to show in place of a secret. */
const hidden = '[hidden]';
/** A longer line is shown in parts of this length, in characters. */
const longestLine = 65_536;

/**
 * Passes on the output of a program line by line, without the secret that the program was given. Programs may print their input, or parts
 * of it.
 */
export class HiddenOutput {
  readonly #secrets: readonly string[];
  readonly #onOutput: (text: string) => void;
  /** The last, incomplete line of each stream. */
  readonly #pending = new Map<string, string>();

  /** @param document the input of the program, which holds the secret. */
  constructor(secret: string, document: string, onOutput: (text: string) => void) {
    const forms = [...formsOf(secret), base64(document), base64(document.trim())];
    // The longest form comes first, because it may contain a shorter one.
    this.#secrets = [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
    this.#onOutput = onOutput;
  }

  take(text: string, stream: string): void {
    const lines = `${this.#pending.get(stream) ?? ''}${text}`.split('\n');
    let rest = lines.pop() ?? '';
    if (rest.length > longestLine) {
      lines.push(rest);
      rest = '';
    }
    this.#pending.set(stream, rest);
    if (lines.length > 0) this.#show(`${lines.join('\n')}\n`);
  }

  /** Shows the incomplete lines. */
  end(): void {
    for (const rest of this.#pending.values()) if (rest !== '') this.#show(`${rest}\n`);
    this.#pending.clear();
  }

  #show(text: string): void {
    this.#onOutput(this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, hidden), text));
  }
}

/** The forms in which programs print a secret: unchanged, and encoded for JSON, base64 and URLs. */
function formsOf(secret: string): readonly string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    // The last characters of base64 depend on what follows.
    base64(secret),
    base64(`${secret}\n`),
  ];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
