import { type JsonRecord, parseJson, toRecord, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms, read leniently: only what is used, everything optional, anything unexpected taken as absent.
 * Source: OpenAI's API description and client, read 2026-11; compatible servers differ in all but the outline.
 */

export interface OpenaiImageItem {
  url: string | null;
  revisedPrompt: string | null;
}

export interface OpenaiImageAnswer {
  items: readonly OpenaiImageItem[];
  size: string | null;
  quality: string | null;
  outputFormat: string | null;
  /** As it came; null = absent. */
  usage: unknown;
}

export interface OpenaiErrorBody {
  message: string | null;
  type: string | null;
  /** A number on some servers; as text here. */
  code: string | null;
  /** Azure's finer code, one level down. */
  innerCode: string | null;
  param: string | null;
}

const URL_CHARS_MAX = 8_192;

/** Null = not an answer with a list of pictures. */
export function parseOpenaiImageAnswer(document: unknown): OpenaiImageAnswer | null {
  const answer = toRecord(document);
  if (!answer || !Array.isArray(answer.data)) return null;
  return {
    items: answer.data.map(toItem),
    size: toWord(answer.size),
    quality: toWord(answer.quality),
    outputFormat: toWord(answer.output_format),
    usage: answer.usage ?? null,
  };
}

/** The last event of a stream: the same words for its one picture. */
export function parseOpenaiImageEvent(event: JsonRecord): OpenaiImageAnswer {
  return {
    items: [toItem(event)],
    size: toWord(event.size),
    quality: toWord(event.quality),
    outputFormat: toWord(event.output_format),
    usage: event.usage ?? null,
  };
}

/**
 * Takes the envelope `{error: {…}}`, a list with one (Gemini's), the flat form of older vLLM, FastAPI's `{detail}` and
 * a bare text.
 * Never fails: what cannot be read has no code.
 */
export function parseOpenaiError(bodyText: string): OpenaiErrorBody {
  const body = parseJson(bodyText);
  const read = readOpenaiError(Array.isArray(body) ? body[0] : body);
  return read.message === null ? { ...read, message: bodyText } : read;
}

/** As above, of a body that is parsed already. */
export function readOpenaiError(body: unknown): OpenaiErrorBody {
  const flat = toRecord(body);
  const error = toRecord(flat?.error) ?? flat ?? {};
  const inner = toRecord(error.innererror) ?? toRecord(error.inner_error);
  return {
    message:
      toText(error.message) ?? toText(flat?.error) ?? toText(flat?.detail) ?? toText(body) ?? null,
    type: toWord(error.type),
    code: toWord(error.code),
    innerCode: toWord(inner?.code),
    param: toWord(error.param),
  };
}

function toItem(value: unknown): OpenaiImageItem {
  const item = toRecord(value);
  const url = toText(item?.url);
  return {
    url: url !== null && url.length <= URL_CHARS_MAX ? url : null,
    revisedPrompt: toText(item?.revised_prompt),
  };
}
