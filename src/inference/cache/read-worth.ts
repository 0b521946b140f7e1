import {
  type JsonRecord,
  parseJson,
  toRecord,
  toRecords,
} from '../../providers/shared/read-json.js';
import { collectCompletion } from './collect-completion.js';
import { readChunks } from './read-chunks.js';
import type { AnswerForm } from './response-cache.port.js';
import type { CacheRoute } from './to-cache-key.js';

/** Ends after which the same request may well be answered otherwise. */
const PASSING: readonly unknown[] = [null, undefined, '', 'error', 'content_filter'];
/** Pictures and sound within a text; they travel by the media store alone. */
const INLINE_SIGNS = [';base64,', '"b64_json"'].map((sign) => Buffer.from(sign));
const SPOKEN = /"audio"\s*:\s*\{/;

export interface GivenAnswer {
  route: CacheRoute;
  form: AnswerForm;
  bytes: Buffer;
  /** How many choices were asked for. */
  choices: number;
}

/**
 * What is kept of a whole answer: `usage` as the vendor wrote it (null = not told). Null = nothing is to be kept: it is
 * cut off, failed, was filtered, lacks a choice, or carries pictures or sound.
 */
export function readWorth(answer: GivenAnswer): { usage: JsonRecord | null } | null {
  const { route, form, bytes, choices } = answer;
  if (carriesInline(bytes)) return null;
  const document = form === 'events' ? readEvents(bytes) : toRecord(parseJson(bytes.toString()));
  if (!document || document.error) return null;
  const isWhole =
    route === 'chat'
      ? isWholeCompletion(document, choices)
      : Array.isArray(document.data) && document.data.length > 0;
  return isWhole ? { usage: toRecord(document.usage) } : null;
}

/** Whether pictures or sound lie in the bytes of an answer, of whatever form. */
export function carriesInline(bytes: Buffer): boolean {
  return INLINE_SIGNS.some((sign) => bytes.includes(sign)) || SPOKEN.test(bytes.toString('latin1'));
}

function readEvents(bytes: Buffer): JsonRecord | null {
  const chunks = readChunks(bytes);
  if (!chunks) return null;
  const told = chunks.findLast(({ usage }) => toRecord(usage) !== null);
  return collectCompletion(chunks, toRecord(told?.usage));
}

function isWholeCompletion({ choices }: JsonRecord, wanted: number): boolean {
  const given = toRecords(choices);
  return (
    given.length >= wanted &&
    given.every((choice) => {
      const message = toRecord(choice.message);
      return message && !PASSING.includes(choice.finish_reason) && !carriesMedia(message);
    })
  );
}

function carriesMedia({ audio, images }: JsonRecord): boolean {
  return (audio ?? null) !== null || toRecords(images).length > 0;
}
