// V8 trusts its code cache, so a damaged one crashes the program. Each file of the cache therefore holds its data twice, and is used only
// if both copies agree. The comparison takes 0.1 ms at the start. A checksum would take 0.6 ms, nearly all of it to load the crypto module.

/** The content of a code cache file for this data. */
export function twice(data: Buffer): Buffer {
  return Buffer.concat([data, data]);
}

/** The data of a code cache file; undefined if the copies differ, because the file is damaged or incomplete. */
export function once(file: Buffer): Buffer | undefined {
  const half = file.length / 2;
  if (!Number.isInteger(half) || half === 0) return undefined;
  const data = file.subarray(0, half);
  return data.equals(file.subarray(half)) ? data : undefined;
}
