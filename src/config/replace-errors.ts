import { dirname } from 'node:path';
import { ConfigError, ConfigUnsyncedError, StsError } from '../errors.ts';
import { DurableWriteError } from '../platform/durable.ts';
import { reasonOf } from '../reason.ts';
import { systemCode } from '../system.ts';

/** What went wrong with a change of the config file, in words; what is no fault of the file comes back as it is. */
export function explained(path: string, error: unknown): unknown {
  const { replaced, leftover: left } = error instanceof DurableWriteError ? error : { replaced: false, leftover: undefined };
  const cause = error instanceof DurableWriteError ? error.cause : error;
  const hints = left === undefined ? [] : [leftover(left)];
  if (cause instanceof StsError) {
    return left === undefined ? cause : new ConfigError(cause.message, { hints: [...hints, ...cause.hints], cause });
  }
  const code = systemCode(cause);
  // A fault of the program is no fault of the file.
  if (code === undefined && left === undefined) return error;
  if (replaced) {
    return new ConfigUnsyncedError(
      `The config file ${path} was written, but may be lost in a power cut: the system could not bring it to the disk (${code}).`,
      { hints: ['Check the disk, and whether the file holds what it should.'], cause },
    );
  }
  if (code === 'EBUSY') return mounted(path, hints, cause);
  return new ConfigError(`The config file ${path} cannot be written: ${reasonOf(cause)}.`, {
    hints: [...hints, 'The file is as it was. Make its folder writable, or use another file with --config PATH.'],
    cause,
  });
}

/** A file that is mounted by itself can only be written over, which a kill would leave half done. */
export function mounted(path: string, hints: readonly string[] = [], cause?: unknown): ConfigError {
  return new ConfigError(`The config file ${path} cannot be changed, because it is mounted by itself.`, {
    hints: [
      ...hints,
      `The file is as it was. Mount its folder ${dirname(path)} instead, or change the file where the mount comes from.`,
    ],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A process that was frozen for long has lost its lock. */
export function lockLost(path: string): ConfigError {
  return new ConfigError(`The config file ${path} is being changed by another sts, because this one stood still for too long.`, {
    hints: ['The file is as that one left it. Run the command again.'],
  });
}

/** A temporary file that a killed write has left. */
export function leftover(path: string): string {
  return `The temporary file ${path} may hold a token and cannot be removed: delete it.`;
}
