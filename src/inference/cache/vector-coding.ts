import { parseJson, toRecord, toRecords } from '../../providers/shared/read-json.js';

/** Vectors as they are kept, whatever format they are asked for in. */
export interface KeptVectors {
  vectors: readonly Float32Array[];
  inputTokens: number;
}

/** OpenAI's list of embeddings in base64: little-endian 32-bit floats. */
export function encodeVectors({ vectors, inputTokens }: KeptVectors): Buffer {
  const data = vectors.map(({ buffer, byteOffset, byteLength }) => ({
    embedding: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  }));
  const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens };
  return Buffer.from(JSON.stringify({ data, usage }));
}

/** Null = nothing that `encodeVectors` wrote. */
export function decodeVectors(bytes: Buffer): KeptVectors | null {
  const list = toRecord(parseJson(bytes.toString('utf8')));
  const inputTokens = toRecord(list?.usage)?.prompt_tokens;
  const vectors = toRecords(list?.data).map(({ embedding }) => toVector(embedding));
  const isWhole = vectors.length > 0 && vectors.every((vector) => vector !== null);
  return isWhole && typeof inputTokens === 'number' ? { vectors, inputTokens } : null;
}

function toVector(text: unknown): Float32Array | null {
  if (typeof text !== 'string') return null;
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return bytes.length % Float32Array.BYTES_PER_ELEMENT === 0
    ? new Float32Array(bytes.buffer)
    : null;
}
