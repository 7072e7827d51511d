import type { IssuedIngestionApiKey } from '../../api/model.ts';
import type { Destination } from '../../delivery/destination.ts';
import { DeliveryError } from '../../errors.ts';
import { visible } from '../../escape.ts';
import { toJson } from '../../json.ts';
import type { RotationEvent, RotationResult } from '../../rotation/context.ts';
import type { LegacySession as Session } from '../legacy.ts';
import type { DeliveryPlan } from './delivery-flags.ts';
import { endOf, keyDocument } from './shared.ts';

/** Says how a rotation goes and what came of it. */
export class RotationReport {
  readonly #delivery: DeliveryPlan;
  readonly #session: Session;
  /** Whether the first half of a JSON document is out, waiting for the old key's fate. */
  #halfShown = false;
  #keeping = false;
  #searching = false;
  #oldId: bigint | undefined;

  constructor(delivery: DeliveryPlan, session: Session) {
    this.#delivery = delivery;
    this.#session = session;
  }

  /**
   * Stdout as the new key's destination. Under JSON the document is begun with the key and ended with the old key's fate, which is
   * decided only once the key is out.
   */
  async stream(): Promise<Destination> {
    const { stdoutDestination } = await import('../../delivery/stdout.ts');
    const { runtime, printer } = this.#session;
    if (this.#delivery.to === 'stdout') return stdoutDestination(runtime.stdout, this.#delivery.render);
    if (printer.output === 'text') {
      return stdoutDestination(runtime.stdout, ({ apiKey }) => printer.success(`Ingestion API Key generated: ${apiKey}`));
    }
    const destination = stdoutDestination(runtime.stdout, firstHalf);
    return {
      ...destination,
      deliver: async (issued) => {
        await destination.deliver(issued);
        this.#halfShown = true;
      },
    };
  }

  /** Ends what a failed rotation may have begun to show: the old key was not deleted for sure. */
  async broken(): Promise<void> {
    if (this.#halfShown) await this.#session.runtime.stdout.write(secondHalf(this.#oldId, false)).catch(() => undefined);
  }

  /** The old key's fate, and where the new one is unless it was the result itself. */
  async result({ issued, old, deleted }: RotationResult): Promise<void> {
    const { printer, runtime } = this.#session;
    const kept = `The old key ${old.id} still works. Delete it when nobody uses it any more: sts ingestion-api-key delete --id ${old.id}`;
    const fate = deleted ? printer.success(`Ingestion Api Key deleted: ${old.id}`) : `${visible(kept)}\n`;
    // Under JSON the key's own document says it.
    if (printer.output === 'text') await this.#note(`The new key ${issued.id} expires: ${endOf(issued, runtime.now())}`);
    if (this.#delivery.to === 'stdout') {
      await this.#note(deleted ? `Ingestion Api Key deleted: ${old.id}` : kept);
      return;
    }
    try {
      if (this.#halfShown) return await runtime.stdout.write(secondHalf(old.id, deleted));
      if (this.#delivery.to === 'result') return await printer.result({ text: fate, json: {} });
      const { path } = this.#delivery;
      await printer.result({
        text: `${printer.success(`Ingestion API Key written to ${path} (id ${issued.id})`)}${fate}`,
        json: {
          'ingestion-api-key': keyDocument(issued),
          'key-file': path,
          'replaced-ingestion-api-key': { id: old.id, deleted },
        },
      });
    } catch (error) {
      const reason = error instanceof DeliveryError ? error.message : 'The rest of the result could not be written to stdout.';
      const oldFate = deleted ? `the old key ${old.id} is deleted` : `the old key ${old.id} still works`;
      throw new DeliveryError(`${reason} The rotation itself is done: the new key ${issued.id} was delivered, ${oldFate}.`, {
        cause: error,
      });
    }
  }

  async event(event: RotationEvent): Promise<void> {
    const { printer } = this.#session;
    switch (event.kind) {
      case 'rejected':
        for (const row of event.rows) await printer.warn(row);
        return;
      case 'unverifiable':
        return printer.warn(
          'The server cannot say whether it accepts the new key (it has no such endpoint): it was not verified.',
        );
      case 'finished': {
        const { newId, oldId, deleted } = event;
        const old = deleted
          ? `the old key ${oldId} is deleted.`
          : `the old key ${oldId} still works. Delete it when nobody uses it any more: sts ingestion-api-key delete --id ${oldId}`;
        return this.#note(`An earlier rotation of this key file was broken off after it had delivered the key ${newId}: ${old}`);
      }
      case 'undone': {
        const what = event.deletedId === undefined ? 'it had made no key' : `its key ${event.deletedId} is deleted`;
        return this.#note(`An earlier rotation of this key file was broken off before it had delivered a key: ${what}.`);
      }
      case 'searching':
        return this.#search(event.remainingMs);
      case 'journal-left':
        return printer.warn(
          `The rotation is done, but ${event.path} could not be removed (${event.reason}). The next rotation removes it.`,
        );
      case 'keeping':
        return this.#keep(event.oldId, event.remainingMs);
    }
  }

  /** Said once: a script's log shall show why it waits. */
  async #search(remainingMs: number): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    await this.#note(
      `An earlier rotation of this key file was broken off while it created a key, which may still be on its way: waiting up to ${spoken(remainingMs)} for it.`,
    );
  }

  /** A clock that runs on a terminal, one line elsewhere. */
  async #keep(oldId: bigint, remainingMs: number): Promise<void> {
    const { runtime, printer } = this.#session;
    const line = `The new key is delivered; the old key ${oldId} is deleted in ${spoken(remainingMs)}.`;
    if (printer.animate && printer.output === 'text') {
      const text = remainingMs > 0 ? `\r\u001b[K${line}` : this.#keeping ? '\r\u001b[K' : '';
      if (text !== '') await runtime.stderr.write(text).catch(() => undefined);
    } else if (!this.#keeping && remainingMs > 0) {
      await this.#note(line);
    }
    this.#oldId = oldId;
    this.#keeping = remainingMs > 0;
  }

  #note(line: string): Promise<void> {
    return this.#session.printer.note(line);
  }
}

function firstHalf(issued: IssuedIngestionApiKey): string {
  return toJson({ 'ingestion-api-key': keyDocument(issued, issued.apiKey) }).replace(/\n\}\n$/, ',\n');
}

function secondHalf(id: bigint | undefined, deleted: boolean): string {
  return toJson({ 'replaced-ingestion-api-key': { deleted, id } }).replace(/^\{\n/, '');
}

/** `9m 5s` */
function spoken(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const told = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`);
  return told.length === 0 ? '0s' : told.join(' ');
}
