import { systemCode } from '../system.ts';

const REASONS: Readonly<Record<string, string>> = {
  EPIPE: 'its reader is gone',
  ECONNRESET: 'its reader is gone',
  ERR_STREAM_DESTROYED: 'it is closed',
  ERR_STREAM_WRITE_AFTER_END: 'it is closed',
  EBADF: 'it is closed',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would grow too large',
  EIO: 'the device reported an error',
  EAGAIN: 'it does not take any more for now',
};

/** Why the operating system refused a write, in words and with its code: `no space is left on the device (ENOSPC)`. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = systemCode(error);
  if (code === undefined) return error.message;
  return `${REASONS[code] ?? 'the system refused it'} (${code})`;
}
