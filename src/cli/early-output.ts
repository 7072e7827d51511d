import type { EarlyOutput, Members, View } from '../commands/verb.ts';
import { DeliveryError } from '../errors.ts';
import { OpenDocument } from '../json.ts';
import type { OutputStream } from '../platform/world.ts';
import { systemCode } from '../system.ts';

const hints = ['Write it to a file instead: --key-file PATH'];

/** The result's first part on stdout, and what of it is out. */
export class EarlyResult implements EarlyOutput {
  readonly #stdout: OutputStream;
  readonly #form: 'text' | 'json' | 'quiet';
  readonly #view: View;
  /** The document that is begun and has to be ended. */
  document: OpenDocument | undefined;
  /** The members that are out. */
  shown: Members = {};
  /** The lines that are out. */
  text = '';
  /** The value that is out, for `--quiet`. */
  value: string | undefined;
  /** Whether a document of the verb's own is all of stdout. */
  alone = false;

  constructor(stdout: OutputStream, form: 'text' | 'json' | 'quiet', view: View) {
    this.#stdout = stdout;
    this.#form = form;
    this.#view = view;
  }

  prove(): void {
    if (this.#stdout.state === 'open') return;
    // Node opens the null device in place of a stdout that was closed: one cannot be told from the other.
    throw new DeliveryError('Standard output is closed or the null device, so nobody could read what is shown only once.', {
      hints,
    });
  }

  async show({ data, text, value }: Parameters<EarlyOutput['show']>[0]): Promise<void> {
    if (this.#form === 'quiet') {
      await this.#write(`${value}\n`);
      this.value = value;
    } else if (this.#form === 'json') {
      const document = new OpenDocument();
      await this.#write(document.begin(data));
      this.document = document;
    } else {
      const lines = text(this.#view);
      await this.#write(lines);
      this.text = lines;
    }
    this.shown = data;
  }

  async showAlone(document: string): Promise<void> {
    await this.#write(document);
    this.alone = true;
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#stdout.write(text);
    } catch (cause) {
      const code = systemCode(cause);
      throw new DeliveryError(`The key could not be written to standard output${code === undefined ? '' : ` (${code})`}.`, {
        hints,
        cause,
      });
    }
  }
}
