import { MalformedAnswerError } from './malformed-answer.error.js';

/**
 * The vectors of an answer, checked.
 * @param count texts that were sent
 * @throws MalformedAnswerError when they are too few or too many, of differing length or not finite
 */
export function toVectors(lists: readonly unknown[], count: number): Float32Array[] {
  if (lists.length !== count) {
    throw new MalformedAnswerError(`${lists.length} vectors for ${count} texts`);
  }
  const vectors = lists.map(toVector);
  const length = vectors[0]?.length ?? 0;
  if (length === 0 || vectors.some((vector) => vector.length !== length)) {
    throw new MalformedAnswerError('vectors of differing length');
  }
  return vectors;
}

function toVector(list: unknown): Float32Array {
  if (!Array.isArray(list)) throw new MalformedAnswerError('a vector that is no list');
  const vector = new Float32Array(list.length);
  for (const [at, value] of list.entries()) {
    // A number too large for it becomes infinite in the vector.
    vector[at] = typeof value === 'number' ? value : Number.NaN;
    if (!Number.isFinite(vector[at])) throw new MalformedAnswerError('a vector that is not finite');
  }
  return vector;
}
