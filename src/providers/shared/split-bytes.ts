const PIECE_BYTES = 65_536;

/** A whole picture as the stream that `deliver` takes, without copying it. */
export async function* splitBytes(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield await Promise.resolve(bytes.subarray(at, at + PIECE_BYTES));
  }
}
