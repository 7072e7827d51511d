import type { Destination } from '../credentials/ports.ts';
import { DeliveryError } from '../errors.ts';
import type { Processes, ProcessResult } from '../platform/processes.ts';

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

/** How much of a secret would have to be printed to be taken for it. */
const hidden = '[hidden]';

/**
 * A command that takes the document on its stdin, for any store that has one: never in its arguments, never in its environment.
 * Delivered means that it ended in 0 in time.
 */
export function commandDestination({ processes, command, timeoutMs, render, onOutput }: CommandOptions): Destination {
  return {
    description: `the command ${JSON.stringify(command)}`,
    flags: `--key-command ${JSON.stringify(command)}`,
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
      // A command that prints its input must not show the secret.
      const tell = (text: string) => onOutput(text.replaceAll(secret, hidden));
      let pending = '';
      const onText = (text: string) => {
        const lines = (pending + text).split('\n');
        pending = lines.pop() ?? '';
        if (lines.length > 0) tell(`${lines.join('\n')}\n`);
      };
      let result: ProcessResult;
      try {
        result = await processes.run({ shell: command }, { input: render(secret), timeoutMs, onOutput: onText });
      } catch (cause) {
        throw new DeliveryError(`The command ${JSON.stringify(command)} could not be started.`, {
          hints: ['See whether the shell of this system is there: sh -c true'],
          cause,
        });
      }
      if (pending !== '') tell(`${pending}\n`);
      const why = failureOf(result, timeoutMs);
      if (why === undefined) return;
      throw new DeliveryError(`The command ${JSON.stringify(command)} ${why}, so the key counts as not delivered.`, {
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
