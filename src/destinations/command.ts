import type { Destination } from '../credentials/ports.ts';
import { DeliveryError } from '../errors.ts';
import type { Processes, ProcessResult } from '../platform/processes.ts';
import { shellWord } from '../shell-word.ts';
import { HiddenOutput } from './hidden-output.ts';

export interface CommandOptions {
  readonly processes: Processes;
  /** The command line, for the system's shell. */
  readonly command: string;
  /** How long the command may run, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes the document that holds a secret. */
  readonly render: (secret: string) => string;
  /** Receives the output of the command while it runs. */
  readonly onOutput: (text: string) => void;
}

/**
 * A command that reads the document from its stdin, for any store that has a command-line program. The secret is never in the arguments or
 * the environment of the command. It counts as delivered if the command ends with exit code 0 in time.
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
          hints: ['Check that this system has a shell: sh -c true'],
          cause,
        });
      }
      output.end();
      const why = failureOf(result, timeoutMs);
      if (why === undefined) return;
      throw new DeliveryError(`T${title.slice(1)} ${why}, so the key counts as not delivered.`, {
        hints: ['Run it by hand with some text on its stdin to see what goes wrong.'],
      });
    },
    async close() {},
  };
}

function failureOf({ code, signal, timedOut }: ProcessResult, timeoutMs: number): string | undefined {
  if (timedOut) return `did not end within ${timeoutMs / 1000} s (--key-command-timeout)`;
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? undefined : `ended with exit code ${code}`;
}
