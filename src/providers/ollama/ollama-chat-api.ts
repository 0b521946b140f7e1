import {
  type JsonRecord,
  parseJson,
  toRecord,
  toRecords,
  toText,
  toWord,
} from '../shared/read-json.js';

/**
 * The wire forms, read leniently: only what is used, everything optional.
 * Source: Ollama's server and its API page, v0.33, read 2026-11.
 */

/** A line of a stream, or the whole answer: they have one form. */
export interface OllamaChatLine {
  content: string;
  thinking: string;
  toolCalls: readonly { id: string | null; name: string; args: JsonRecord }[];
  isDone: boolean;
  /** `stop`, `length`, `load`, `unload`. */
  doneReason: string | null;
  model: string | null;
  /** Of the last line; `prompt_eval_count` is left out when all of the prompt was read before. */
  inputTokens: unknown;
  outputTokens: unknown;
  /** A fault reported after the answer has begun; null = none. */
  error: string | null;
}

/** Null = not an answer of chat. */
export function parseOllamaChatLine(document: unknown): OllamaChatLine | null {
  const line = toRecord(document);
  const message = toRecord(line?.message);
  const error = toText(line?.error);
  if (!line || (!message && error === null && typeof line.done !== 'boolean')) return null;
  return {
    content: toText(message?.content) ?? '',
    thinking: toText(message?.thinking) ?? '',
    toolCalls: toRecords(message?.tool_calls).flatMap((call) => parseToolCall(call) ?? []),
    isDone: line.done === true,
    doneReason: toWord(line.done_reason),
    model: toWord(line.model),
    inputTokens: line.prompt_eval_count,
    outputTokens: line.eval_count,
    error,
  };
}

/** Null = not an answer of embed. */
export function parseOllamaEmbeddings(
  document: unknown,
): { vectors: unknown[]; model: string | null; inputTokens: unknown } | null {
  const answer = toRecord(document);
  if (!answer || !Array.isArray(answer.embeddings)) return null;
  return {
    vectors: answer.embeddings as unknown[],
    model: toWord(answer.model),
    inputTokens: answer.prompt_eval_count,
  };
}

/** The vendor's words for what went wrong; what is no such answer is its own word. */
export function parseOllamaError(bodyText: string): string {
  return toText(toRecord(parseJson(bodyText))?.error) ?? bodyText;
}

function parseToolCall(call: JsonRecord) {
  const called = toRecord(call.function);
  const name = toText(called?.name);
  if (name === null) return null;
  return { id: toWord(call.id), name, args: toRecord(called?.arguments) ?? {} };
}
