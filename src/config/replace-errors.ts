import { dirname } from 'node:path';
import { ConfigError, ConfigUnsyncedError, StsError } from '../errors.ts';
import { DurableWriteError } from '../platform/durable.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';

/** Explains an error of a change of the config file. An error that does not concern the file is returned unchanged. */
export function explained(path: string, error: unknown): unknown {
  const { replaced, leftover: left } = error instanceof DurableWriteError ? error : { replaced: false, leftover: undefined };
  const cause = error instanceof DurableWriteError ? error.cause : error;
  const hints = left === undefined ? [] : [leftover(left)];
  if (cause instanceof StsError) {
    return left === undefined ? cause : new ConfigError(cause.message, { hints: [...hints, ...cause.hints], cause });
  }
  const code = systemCode(cause);
  // An error without a system code is a defect of the program, not a problem of the file.
  if (code === undefined && left === undefined) return error;
  if (replaced) {
    return new ConfigUnsyncedError(
      `The config file ${path} was written, but a power cut may undo that: the system could not sync it to the disk (${code}).`,
      { hints: ['Check the disk and the content of the file.'], cause },
    );
  }
  if (code === 'EBUSY') return mounted(path, hints, cause);
  return new ConfigError(`The config file ${path} cannot be written: ${reasonOf(cause)}.`, {
    hints: [...hints, 'The file is unchanged. Make its folder writable, or use another file with --config PATH.'],
    cause,
  });
}

/** The error for a file that is a mount point. It cannot be replaced, only overwritten, and a kill could then leave half a file. */
export function mounted(path: string, hints: readonly string[] = [], cause?: unknown): ConfigError {
  return new ConfigError(`The config file ${path} cannot be changed, because it is mounted as a single file.`, {
    hints: [
      ...hints,
      `The file is unchanged. Mount its folder ${dirname(path)} instead, or change the file at the source of the mount.`,
    ],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for a process that lost its lock because it was frozen for too long. */
export function lockLost(path: string): ConfigError {
  return new ConfigError(
    `The config file ${path} is being changed by another sts, because this process was stopped for too long.`,
    {
      hints: ['The file is as the other process left it. Run the command again.'],
    },
  );
}

/** The warning about a temporary file that a killed write has left. */
export function leftover(path: string): string {
  return `The temporary file ${path} may hold a token and cannot be removed. Delete it.`;
}
