import type { OutputStream } from '../../src/platform/world.ts';

export interface RecordedStream extends OutputStream {
  readonly writes: string[];
  text(): string;
}

/** A stream that keeps what was written, or refuses it with `failure`. */
export function recordedStream(facts: Partial<OutputStream> & { readonly failure?: Error } = {}): RecordedStream {
  const { failure, ...rest } = facts;
  const writes: string[] = [];
  return {
    isTTY: false,
    columns: undefined,
    rows: undefined,
    state: 'open',
    ...rest,
    writes,
    text: () => writes.join(''),
    async write(text) {
      if (failure !== undefined) throw failure;
      writes.push(text);
    },
  };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code });
}
