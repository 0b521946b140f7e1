const GROUP_BYTES = 3;

/** Base64 of a stream of bytes, chunk by chunk: the whole text never stands in memory. */
export async function* encodeBase64(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const joined = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
    const whole = joined.length - (joined.length % GROUP_BYTES);
    if (whole > 0) yield joined.toString('base64', 0, whole);
    rest = joined.subarray(whole);
  }
  if (rest.length > 0) yield rest.toString('base64');
}
