import { type JsonRecord, toRecord, toRecords, toWord } from '../shared/read-json.js';

/** The wire form of OpenAI's embeddings, read leniently. Source: OpenAI's API description, read 2026-11. */
export interface OpenaiEmbeddingAnswer {
  items: readonly OpenaiEmbeddingItem[];
  model: string | null;
  /** As it came; null = absent. */
  usage: unknown;
}

export interface OpenaiEmbeddingItem {
  /** Position of its text; null = not told, so the position in the list. */
  index: number | null;
  /** Base64 of little-endian 32-bit floats, or a list of numbers. */
  embedding: unknown;
}

/** Null = not an answer with a list of vectors. */
export function parseOpenaiEmbeddings(document: unknown): OpenaiEmbeddingAnswer | null {
  const answer = toRecord(document);
  if (!answer || !Array.isArray(answer.data)) return null;
  return {
    items: toRecords(answer.data).map(toItem),
    model: typeof answer.model === 'string' ? toWord(answer.model) : null,
    usage: answer.usage ?? null,
  };
}

function toItem({ index, embedding }: JsonRecord): OpenaiEmbeddingItem {
  return { index: Number.isInteger(index) ? (index as number) : null, embedding };
}
