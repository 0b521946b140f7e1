import { type JsonRecord, toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of chat and embeddings, read leniently: only what is used, everything optional.
 * Source: Google's @google/genai and its API pages, read 2026-11.
 */

/** One frame of a stream, or the whole answer: they have one form. */
export interface GeminiChatFrame {
  /** Why the prompt was not taken; null = it was. */
  blockReason: string | null;
  /** Of the first candidate. */
  parts: readonly GeminiChatPart[];
  /** Null = it goes on. */
  finishReason: string | null;
  /** `usageMetadata` as it came; null = absent. Counts all frames before it. */
  usage: JsonRecord | null;
  model: string | null;
  responseId: string | null;
  /** A fault that the vendor reports in mid-stream; null = none. */
  error: JsonRecord | null;
}

export type GeminiChatPart =
  | { kind: 'text' | 'thought'; text: string }
  | {
      kind: 'call';
      /** Null = the vendor gave none. */
      id: string | null;
      name: string;
      args: JsonRecord;
      /** To be given back with the call; opaque. */
      signature: string | null;
    };

/** Null = not an answer of generateContent. */
export function parseGeminiChatFrame(document: unknown): GeminiChatFrame | null {
  const answer = toRecord(document);
  if (!answer) return null;
  const feedback = toRecord(answer.promptFeedback);
  const usage = toRecord(answer.usageMetadata);
  const error = toRecord(answer.error);
  if (!Array.isArray(answer.candidates) && !feedback && !usage && !error) return null;
  const [candidate] = toRecords(answer.candidates);
  return {
    blockReason: toWord(feedback?.blockReason),
    parts: toRecords(toRecord(candidate?.content)?.parts).flatMap((part) => parsePart(part) ?? []),
    finishReason: toWord(candidate?.finishReason),
    usage,
    model: toWord(answer.modelVersion),
    responseId: toWord(answer.responseId),
    error,
  };
}

/** Null = not an answer of batchEmbedContents. */
export function parseGeminiEmbeddings(
  document: unknown,
): { values: unknown[]; usage: JsonRecord | null } | null {
  const answer = toRecord(document);
  if (!Array.isArray(answer?.embeddings)) return null;
  const values = toRecords(answer.embeddings).map((embedding) => embedding.values);
  return { values, usage: toRecord(answer.usageMetadata) };
}

/** Pictures, code and what is not known are passed over. */
function parsePart(part: JsonRecord): GeminiChatPart | null {
  const called = toRecord(part.functionCall);
  const name = toText(called?.name);
  if (name !== null) {
    const signature = toText(part.thoughtSignature);
    return {
      kind: 'call',
      id: toWord(called?.id),
      name,
      args: toRecord(called?.args) ?? {},
      signature,
    };
  }
  const text = toText(part.text);
  if (text === null) return null;
  return { kind: part.thought === true ? 'thought' : 'text', text };
}
