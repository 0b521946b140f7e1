import type { ImageJsonForm } from '../shared/image-json-scanner.js';
import { toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms, read leniently: only what is used, everything optional, anything unexpected taken as absent.
 * Source: Google's @google/genai and its API pages, read 2026-11.
 */

/** Pictures that a model drew while it thought carry `thought: true` behind their data. */
export const GENERATE_CONTENT_FORM: ImageJsonForm = {
  path: ['candidates', '[]', 'content', 'parts', '[]', 'inlineData', 'data'],
  draftKey: 'thought',
  skippedKey: 'thoughtSignature',
};

export const PREDICT_FORM: ImageJsonForm = {
  path: ['predictions', '[]', 'bytesBase64Encoded'],
};

export interface GeminiImageAnswer {
  /** Why the prompt was not taken; null = it was. */
  blockReason: string | null;
  /** Why each candidate ended. */
  finishReasons: readonly string[];
  /** `usageMetadata` as it came; null = absent. */
  usage: unknown;
  responseId: string | null;
}

export interface GeminiPrediction {
  /** The prompt as the vendor rewrote it. */
  prompt: string | null;
  isFiltered: boolean;
}

/** Null = not an answer of generateContent. A blocked prompt has no candidates. */
export function parseGenerateContent(document: unknown): GeminiImageAnswer | null {
  const answer = toRecord(document);
  if (!answer) return null;
  const feedback = toRecord(answer.promptFeedback);
  if (!Array.isArray(answer.candidates) && !feedback && !toRecord(answer.usageMetadata)) {
    return null;
  }
  return {
    blockReason: toWord(feedback?.blockReason),
    finishReasons: toRecords(answer.candidates)
      .map(({ finishReason }) => toWord(finishReason))
      .filter((reason) => reason !== null),
    usage: answer.usageMetadata ?? null,
    responseId: toWord(answer.responseId),
  };
}

/** Null = not an answer of predict. When all was filtered, the list may be missing. */
export function parsePredictions(document: unknown): GeminiPrediction[] | null {
  const answer = toRecord(document);
  if (!answer) return null;
  return toRecords(answer.predictions).map((prediction) => ({
    prompt: toText(prediction.prompt),
    isFiltered: toText(prediction.raiFilteredReason) !== null,
  }));
}
