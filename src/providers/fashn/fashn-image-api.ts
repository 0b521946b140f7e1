import { type JsonRecord, parseJson, toRecord, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of FASHN's v1, read leniently: `POST /run` answers a prediction's id, `GET /status/{id}` what became of
 * it. Source: docs.fashn.ai (API fundamentals, error handling, tryon-v1.6), read 2026-11.
 */

const ID_FORM = /^[\w-]{1,100}$/;
/** A longer address is none. */
const URL_CHARS_MAX = 4_096;

/** One prediction, which may make several pictures; kept with the call. */
export interface FashnJob extends JsonRecord {
  id: string;
  count: number;
}

/** Null = no prediction's id. */
export function parseAcceptance(value: unknown): string | null {
  const id = toWord(toRecord(value)?.id);
  return id !== null && ID_FORM.test(id) ? id : null;
}

/** Null = not one of ours. */
export function parseJob({ id, count }: JsonRecord): FashnJob | null {
  if (typeof id !== 'string' || !ID_FORM.test(id) || !Number.isInteger(count)) return null;
  return { id, count: Number(count) };
}

export interface FashnAnswer {
  /** `starting`, `in_queue` and `processing` are pending. Null = it is no answer about a prediction. */
  state: 'pending' | 'completed' | 'failed' | null;
  urls: string[];
  error: FashnErrorBody | null;
}

const STATES: Readonly<Record<string, FashnAnswer['state']>> = {
  starting: 'pending',
  in_queue: 'pending',
  processing: 'pending',
  completed: 'completed',
  failed: 'failed',
};

export function parseAnswer(value: unknown): FashnAnswer {
  const body = toRecord(value);
  const status = toWord(body?.status) ?? '';
  const output: unknown[] = Array.isArray(body?.output) ? body.output : [];
  const urls = output.map(toText).filter((url) => url !== null && url.length <= URL_CHARS_MAX);
  return {
    state: (Object.hasOwn(STATES, status) ? STATES[status] : null) ?? null,
    urls: urls as string[],
    error: toErrorBody(body?.error),
  };
}

export interface FashnErrorBody {
  /** `ImageLoadError`, `RateLimitExceeded`…; empty = not told. */
  name: string;
  message: string;
}

/** Of a request that was not taken: `{error: name, message}`. Never fails. */
export function parseFashnError(bodyText: string): FashnErrorBody {
  const body = toRecord(parseJson(bodyText));
  const told = toErrorBody(body?.error);
  return { name: told?.name ?? '', message: toText(body?.message) ?? told?.message ?? bodyText };
}

/** A name alone, or an object with one. */
function toErrorBody(value: unknown): FashnErrorBody | null {
  if (value === null || value === undefined) return null;
  const record = toRecord(value);
  const name = toWord(record ? record.name : value) ?? '';
  return { name, message: toText(record?.message) ?? name };
}
