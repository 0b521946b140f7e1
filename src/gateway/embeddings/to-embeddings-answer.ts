import { toWarningBody } from '../../billing/domain/budget-warning.js';
import type { EmbeddingAnswer } from '../../inference/run-embedding.service.js';

/** The answer of OpenAI's `POST /embeddings`. */
export function toEmbeddingsAnswer(
  { vectors, model, inputTokens, warnings }: EmbeddingAnswer,
  format: 'float' | 'base64',
): object {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? toBase64(vector) : Array.from(vector),
    })),
    model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    ...(warnings.length > 0 && { budget_warnings: warnings.map(toWarningBody) }),
  };
}

/** Of the numbers as 32-bit floats, little-endian, as OpenAI's clients read them. */
function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
