import type { ImageJsonForm } from '../shared/image-json-scanner.js';
import { toRecord, toRecords, toText } from '../shared/read-json.js';

/**
 * The wire form of `predict`, read leniently. Source: Google's @google/genai and its API pages, read 2026-11.
 */

export const PREDICT_FORM: ImageJsonForm = {
  path: ['predictions', '[]', 'bytesBase64Encoded'],
};

/** One sample of the answer; the picture itself was handed on before. */
export interface VertexPrediction {
  /** It was made and is not shown. */
  isFiltered: boolean;
}

/** Null = not an answer of predict. When all was filtered, the list may be missing. */
export function parsePredictions(document: unknown): VertexPrediction[] | null {
  const answer = toRecord(document);
  if (!answer) return null;
  return toRecords(answer.predictions).map(({ raiFilteredReason }) => ({
    isFiltered: toText(raiFilteredReason) !== null,
  }));
}
