import { DomainError } from '../../common/domain-error.js';

/** A body of OpenAI's `POST /embeddings` that has passed its schema. */
export interface EmbeddingRequest {
  model?: string | null;
  input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
  encoding_format?: 'float' | 'base64' | null;
  dimensions?: number | null;
  user?: string | null;
}

export interface EmbeddingReading {
  inputs: readonly string[] | readonly (readonly number[])[];
  /** Rather too many than too few. */
  inputTokens: number;
  /** What the longest input surely has; 0 = not known, as of a text. */
  longestTokensMin: number;
  /** The inputs that are texts. */
  texts: readonly string[];
}

/** UTF-8 bytes of a token at the least. */
const BYTES_PER_TOKEN = 3;

/** @throws DomainError `request.invalid` for an input that is empty, or of texts and tokens together */
export function readEmbeddingRequest({ input }: EmbeddingRequest): EmbeddingReading {
  const inputs = toInputs(input);
  if (inputs.length === 0) throw DomainError.invalid('input', 'must not be empty');
  const empty = inputs.findIndex(({ length }) => length === 0);
  if (empty !== -1) {
    const field = typeof input === 'string' ? 'input' : `input[${empty}]`;
    throw DomainError.invalid(field, 'must not be empty');
  }
  return isTexts(inputs) ? readTexts(inputs) : readTokens(inputs);
}

function readTexts(texts: readonly string[]): EmbeddingReading {
  let inputTokens = 0;
  for (const text of texts) inputTokens += Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
  return { inputs: texts, inputTokens, longestTokensMin: 0, texts };
}

function readTokens(lists: readonly (readonly number[])[]): EmbeddingReading {
  let inputTokens = 0;
  let longestTokensMin = 0;
  for (const { length } of lists) {
    inputTokens += length;
    longestTokensMin = Math.max(longestTokensMin, length);
  }
  return { inputs: lists, inputTokens, longestTokensMin, texts: [] };
}

function toInputs(
  input: EmbeddingRequest['input'],
): readonly string[] | readonly (readonly number[])[] {
  if (typeof input === 'string') return [input];
  if (isOf(input, 'number')) return input.length === 0 ? [] : [input];
  if (isOf(input, 'string')) return input;
  if (isLists(input)) return input;
  throw DomainError.invalid(
    'input',
    'must be a text, a list of texts, a list of tokens, or a list of lists of tokens',
  );
}

function isTexts(
  inputs: readonly string[] | readonly (readonly number[])[],
): inputs is readonly string[] {
  return typeof inputs[0] === 'string';
}

function isOf(list: readonly unknown[], type: 'number'): list is readonly number[];
function isOf(list: readonly unknown[], type: 'string'): list is readonly string[];
function isOf(list: readonly unknown[], type: string): boolean {
  return list.every((one) => typeof one === type);
}

function isLists(list: readonly unknown[]): list is readonly (readonly number[])[] {
  return list.every((one) => Array.isArray(one) && isOf(one, 'number'));
}
