// V8 believes its code cache: a damaged one crashes the program. So each file of the cache holds its data twice, and is used only if both
// copies agree. That costs a tenth of a millisecond at start; a checksum costs 0.6, nearly all of it to load the module that has one.

/** What a file of the code cache holds for this data. */
export function twice(data: Buffer): Buffer {
  return Buffer.concat([data, data]);
}

/** The data of a file; undefined when its copies differ: it is damaged or cut. */
export function once(file: Buffer): Buffer | undefined {
  const half = file.length / 2;
  if (!Number.isInteger(half) || half === 0) return undefined;
  const data = file.subarray(0, half);
  return data.equals(file.subarray(half)) ? data : undefined;
}
