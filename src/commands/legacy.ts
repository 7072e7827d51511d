import type { StackStateApi } from '../api/model.ts';
import type { GlobalOptions, Settings } from '../config/model.ts';
import { DeliveryError, type ExitCode, ReaderGoneError } from '../errors.ts';
import { visible } from '../escape.ts';
import { toJson } from '../json.ts';
import type { Printer } from '../output/printer.ts';
import type { World } from '../platform/world.ts';
import { type Session, type Verb, verb } from './verb.ts';

// Verbs that still print for themselves: create, rotate and verify, until they return data. Then this file goes.

export interface LegacyPrinter extends Pick<Printer, 'animate' | 'success' | 'warn'> {
  readonly output: 'text' | 'json';
  result(shown: { readonly text: string; readonly json: object }): Promise<void>;
  note(message: string): Promise<void>;
}

export interface LegacySession {
  readonly runtime: World;
  readonly globals: GlobalOptions;
  readonly printer: LegacyPrinter;
  settings(): Promise<Settings>;
  api(): Promise<StackStateApi>;
  waiting<T>(label: string, work: () => Promise<T>): Promise<T>;
}

export type LegacyVerb<Options extends object> = Omit<Verb<Options>, 'run'> & {
  run(options: Options, session: LegacySession): Promise<ExitCode | undefined>;
};

export function legacyVerb<Options extends object>(definition: LegacyVerb<Options>): Verb {
  return verb<Options>({
    ...definition,
    async run(options, session) {
      const legacy = legacySession(session);
      const exitCode = await definition.run(options, legacy);
      await legacy.end();
      return { data: {}, text: () => '', ...(exitCode === undefined ? {} : { exitCode }) };
    },
  });
}

/** @param session what the program made, printer included. */
export function legacySession(session: Session): LegacySession & { end(): Promise<void> } {
  const { printer } = session as Session & { readonly printer: Printer };
  const notes: string[] = [];
  const say = (message: string) => printer.tell(`${visible(message)}\n`);
  return {
    runtime: session.world,
    globals: session.globals,
    settings: session.settings,
    api: session.api,
    waiting: session.progress.waiting,
    printer: {
      animate: printer.animate,
      success: printer.success,
      warn: printer.warn,
      output: printer.json ? 'json' : 'text',
      async result({ text, json }) {
        try {
          await printer.write([printer.json ? toJson(json) : text]);
        } catch (error) {
          if (!(error instanceof ReaderGoneError)) throw error;
          const reason = 'its reader is gone (EPIPE)';
          throw new DeliveryError(`The result could not be written to stdout: ${reason}.`, { cause: error });
        }
      },
      note: async (message) => void (printer.json ? notes.push(message) : await say(message)),
    },
    async end() {
      for (const note of notes) await say(note);
    },
  };
}
