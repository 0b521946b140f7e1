import { type JsonRecord, toRecord, toRecords, toWord } from '../shared/read-json.js';

/** The wire form of OpenAI's moderations, read leniently. Source: OpenAI's API description, read 2026-11. */
export interface OpenaiModerationAnswer {
  model: string | null;
  results: readonly OpenaiModerationItem[];
}

/** By category; a category that the model does not know is absent, or null. */
export interface OpenaiModerationItem {
  flagged: unknown;
  categories: JsonRecord;
  scores: JsonRecord;
  inputTypes: JsonRecord;
}

/** Null = not an answer with a list of results. */
export function parseOpenaiModeration(document: unknown): OpenaiModerationAnswer | null {
  const answer = toRecord(document);
  if (!answer || !Array.isArray(answer.results)) return null;
  return { model: toWord(answer.model), results: toRecords(answer.results).map(toItem) };
}

function toItem(item: JsonRecord): OpenaiModerationItem {
  return {
    flagged: item.flagged,
    categories: toRecord(item.categories) ?? {},
    scores: toRecord(item.category_scores) ?? {},
    inputTypes: toRecord(item.category_applied_input_types) ?? {},
  };
}
