// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what terminals are told by.
const sequences = /\u001b\[([\d;]*)([A-Za-z])/u;
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
const wide = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]$|^\p{RGI_Emoji}$/v;

/**
 * What a terminal shows, scrolled lines included: as much of one as the program uses. Like most it breaks lines anew when its width changes.
 */
export class Screen {
  #columns: number;
  /** Each line as its cells; the second cell of a wide character is empty. */
  #lines: string[][] = [[]];
  #line = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  resize(columns: number): void {
    this.#columns = columns;
  }

  /** @throws Error for an escape that it does not know. */
  write(text: string): void {
    // Text, parameter, command, text, parameter, command ...
    const parts = text.split(sequences);
    for (let at = 0; at < parts.length; at += 3) {
      for (const { segment } of characters.segment(parts[at] ?? '')) this.#put(segment);
      const command = parts[at + 2];
      if (command !== undefined) this.#obey(command, Number(parts[at + 1] || 1));
    }
  }

  /** The lines as they were written, blanks at their ends left out. */
  lines(): string[] {
    return this.#lines.map((cells) => cells.join('').trimEnd());
  }

  #put(segment: string): void {
    if (segment === '\r') this.#column -= this.#column % this.#columns;
    else if (segment === '\n' || segment === '\r\n') {
      this.#line += 1;
      this.#column = 0;
      if (this.#line === this.#lines.length) this.#lines.push([]);
    } else {
      for (const cell of wide.test(segment) ? [segment, ''] : [segment]) this.#cells[this.#column++] = cell;
    }
  }

  #obey(command: string, count: number): void {
    switch (command) {
      case 'm':
        return;
      case 'A':
        for (let row = 0; row < count; row++) this.#up();
        return;
      case 'K':
        this.#cells.length = Math.min(this.#cells.length, this.#column);
        return;
      case 'J':
        this.#cells.length = Math.min(this.#cells.length, this.#column);
        this.#lines.length = this.#line + 1;
        return;
      default:
        throw new Error(`an escape that this screen does not know: ${command}`);
    }
  }

  #up(): void {
    if (this.#column >= this.#columns) {
      this.#column -= this.#columns;
      return;
    }
    if (this.#line === 0) return;
    this.#line -= 1;
    const rowsBefore = Math.max(0, Math.ceil(this.#cells.length / this.#columns) - 1);
    this.#column += rowsBefore * this.#columns;
  }

  get #cells(): string[] {
    return this.#lines[this.#line] ?? [];
  }
}
