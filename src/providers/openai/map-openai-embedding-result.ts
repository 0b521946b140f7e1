import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { USAGE_UNREADABLE } from '../shared/to-result.js';
import { readOpenaiUsage } from '../shared/token-usage.js';
import type { EmbeddingCall, EmbeddingResult } from '../spec/chat-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import type { OpenaiEmbeddingAnswer, OpenaiEmbeddingItem } from './openai-embedding-api.js';

const FLOAT_BYTES = 4;
const BASE64_FORM = /^[A-Za-z0-9+/]+={0,2}$/;

export interface OpenaiEmbeddingOutcome {
  answer: OpenaiEmbeddingAnswer;
  vendorRequestId: string | null;
  warnings: readonly ProviderWarning[];
}

/** @throws MalformedAnswerError for vectors that are too few, of differing or unasked length, or not finite */
export function mapOpenaiEmbeddingResult(
  call: EmbeddingCall,
  { answer, vendorRequestId, warnings }: OpenaiEmbeddingOutcome,
): EmbeddingResult {
  const { items, model, usage } = answer;
  const asked = warnings.length > 0 ? null : call.dimensions;
  const vectors = inOrder(items, call.inputs.length).map(({ embedding }) => toVector(embedding));
  const length = asked ?? vectors[0]?.length ?? 0;
  if (vectors.some((vector) => vector.length !== length)) {
    throw new MalformedAnswerError('vectors of another length');
  }
  const counted = readOpenaiUsage(usage);
  return {
    vectors,
    usage: counted,
    servedModel: model,
    vendorRequestId,
    warnings: usage !== null && counted === null ? [...warnings, USAGE_UNREADABLE] : warnings,
  };
}

/** Each text's vector once, whatever the order they came in. */
function inOrder(items: readonly OpenaiEmbeddingItem[], count: number): OpenaiEmbeddingItem[] {
  const ordered: OpenaiEmbeddingItem[] = [];
  for (const [position, item] of items.entries()) ordered[item.index ?? position] = item;
  const isWhole = items.length === count && Object.keys(ordered).length === count;
  if (!isWhole || ordered.length !== count) {
    throw new MalformedAnswerError(`${items.length} vectors for ${count} texts`);
  }
  return ordered;
}

function toVector(embedding: unknown): Float32Array {
  const vector = typeof embedding === 'string' ? fromBase64(embedding) : fromList(embedding);
  if (vector.length === 0 || !vector.every((value) => Number.isFinite(value))) {
    throw new MalformedAnswerError('a vector that is empty or not finite');
  }
  return vector;
}

/** Copied, because a piece of a shared buffer may begin anywhere and floats may not. */
function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  if (!BASE64_FORM.test(text) || bytes.length % FLOAT_BYTES !== 0) {
    throw new MalformedAnswerError('a vector that is no base64 of floats');
  }
  const vector = new Float32Array(bytes.length / FLOAT_BYTES);
  for (let at = 0; at < vector.length; at += 1) vector[at] = bytes.readFloatLE(at * FLOAT_BYTES);
  return vector;
}

function fromList(list: unknown): Float32Array {
  if (!Array.isArray(list)) throw new MalformedAnswerError('a vector that is no list');
  return Float32Array.from(list, (value: unknown) =>
    typeof value === 'number' ? value : Number.NaN,
  );
}
