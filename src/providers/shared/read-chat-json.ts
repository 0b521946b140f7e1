import { MalformedAnswerError } from './malformed-answer.error.js';
import { toRecord, toRecords, toWord } from './read-json.js';
import { readJsonField, scanJsonFields, skipSpace } from './scan-json-fields.js';

/** A whole answer that is no stream; with spoken output several megabytes. */
export const CHAT_ANSWER_BYTES_MAX = 16_777_216;
const ARRAY_OPEN = 0x5b;

/** What is read of an answer in OpenAI's form; the rest goes on as it came. */
export interface ChatJsonFacts {
  /** As it came; undefined or null = absent. */
  usage: unknown;
  model: string | null;
  /** Of the first choice. */
  finishReason: string | null;
}

/**
 * Reads usage, model and finish reason of a `chat.completion` and leaves all else unread: to parse and write the whole
 * would cost more than everything else we do to an answer.
 * @throws VendorFault for `{error}` under a status of success; MalformedAnswerError for what is no such answer
 */
export function readChatJson(bytes: Buffer): ChatJsonFacts {
  const fields = scanJsonFields(bytes);
  if (!fields) throw new MalformedAnswerError('an answer that is no JSON object');
  if (skipSpace(bytes, fields.end) < bytes.length) {
    throw new MalformedAnswerError('an answer with something behind its end');
  }
  const choices = fields.ranges.get('choices');
  if (!choices || bytes[choices[0]] !== ARRAY_OPEN) {
    const error = readJsonField(bytes, fields, 'error');
    if (error) throw new VendorFault(error);
    throw new MalformedAnswerError('an answer without choices');
  }
  const first = scanJsonFields(bytes, choices[0] + 1);
  return {
    usage: readJsonField(bytes, fields, 'usage'),
    model: toName(readJsonField(bytes, fields, 'model')),
    finishReason: first ? toFinishReason(readJsonField(bytes, first, 'finish_reason')) : null,
  };
}

/** The vendor reports a fault within an answer that it began as a success. */
export class VendorFault extends Error {
  override readonly name = 'VendorFault';

  /** @param body as it came */
  constructor(readonly body: unknown) {
    super('the vendor reported a fault in its answer');
  }
}

/** In OpenAI's words; the old `function_call` is `tool_calls`. A word of a vendor's own goes on as it is. */
export function toFinishReason(value: unknown): string | null {
  return value === 'function_call' ? 'tool_calls' : toName(value);
}

/** Of the first choice of a chunk; null = it has not ended, or is not in this chunk. */
export function readChunkFinish(chunk: unknown): string | null {
  const choices = toRecords(toRecord(chunk)?.choices);
  const first = choices.find(({ index }) => index === 0 || index === undefined);
  return toFinishReason(first?.finish_reason);
}

function toName(value: unknown): string | null {
  return typeof value === 'string' ? toWord(value) : null;
}
