import type { Destination } from '../credentials/ports.ts';
import { DeliveryError } from '../errors.ts';
import type { Processes, ProcessResult } from '../platform/processes.ts';
import { shellWord } from '../shell-word.ts';
import { HiddenOutput } from './hidden-output.ts';

export interface CommandOptions {
  readonly processes: Processes;
  /** A line for the system's shell. */
  readonly command: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The document for a secret. */
  readonly render: (secret: string) => string;
  /** Takes what the command prints, as it comes. */
  readonly onOutput: (text: string) => void;
}

/**
 * A command that takes the document on its stdin, for any store that has one: never in its arguments, never in its environment.
 * Delivered means that it ended in 0 in time.
 */
export function commandDestination({ processes, command, timeoutMs, render, onOutput }: CommandOptions): Destination {
  const title = `the command ${JSON.stringify(command)}`;
  return {
    description: title,
    flags: `--key-command ${shellWord(command)}`,
    readersNeedMs: 0,
    async open() {},
    async prove() {
      if (command.trim() !== '') return;
      throw new DeliveryError('--key-command is empty: there is nothing to give the key to.', {
        hints: ["Name a command that reads its stdin: --key-command 'vault kv put secret/otel key=-'"],
      });
    },
    current: async () => undefined,
    async deliver({ secret }) {
      const document = render(secret);
      const output = new HiddenOutput(secret, document, onOutput);
      let result: ProcessResult;
      try {
        result = await processes.run(
          { shell: command },
          { input: document, timeoutMs, onOutput: (text, stream) => output.take(text, stream) },
        );
      } catch (cause) {
        throw new DeliveryError(`T${title.slice(1)} could not be started, so the key counts as not delivered.`, {
          hints: ['See whether the shell of this system is there: sh -c true'],
          cause,
        });
      }
      output.end();
      const why = failureOf(result, timeoutMs);
      if (why === undefined) return;
      throw new DeliveryError(`T${title.slice(1)} ${why}, so the key counts as not delivered.`, {
        hints: ['Run it by hand with a text on its stdin to see what it says.'],
      });
    },
    async close() {},
  };
}

function failureOf({ code, signal, timedOut }: ProcessResult, timeoutMs: number): string | undefined {
  if (timedOut) return `did not end within ${timeoutMs / 1000} s (--key-command-timeout)`;
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? undefined : `ended in ${code}`;
}
