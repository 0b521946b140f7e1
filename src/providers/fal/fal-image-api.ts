import type { JobPicture } from '../shared/job-pictures.js';
import { parseJson, toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of fal's queue, read leniently. A request is asked after at the addresses that its answer names, and
 * its pictures are at a third. Source: fal's JavaScript client and documentation, read 2026-11.
 */

/** What a request was answered with; null = not there. */
export interface FalAcceptance {
  id: string | null;
  statusUrl: string | null;
  responseUrl: string | null;
  cancelUrl: string | null;
}

const ID_FORM = /^[\w-]{1,100}$/;
/** A longer address is none: it is kept with the generation. */
const URL_CHARS_MAX = 2_048;

export function parseAcceptance(value: unknown): FalAcceptance {
  const body = toRecord(value);
  const id = toWord(body?.request_id) ?? '';
  return {
    id: ID_FORM.test(id) ? id : null,
    statusUrl: toUrl(body?.status_url),
    responseUrl: toUrl(body?.response_url),
    cancelUrl: toUrl(body?.cancel_url),
  };
}

function toUrl(value: unknown): string | null {
  const url = toText(value);
  return url !== null && url.length <= URL_CHARS_MAX ? url : null;
}

export interface FalStatus {
  /** Any other word is one of a request that goes on. */
  hasEnded: boolean;
  /** A request that failed has ended too; null = it did not, or the result will tell. */
  error: FalErrorBody | null;
}

/** Null = it is no answer about a request. */
export function parseStatus(value: unknown): FalStatus | null {
  const body = toRecord(value);
  const status = toWord(body?.status);
  if (status === null) return null;
  const type = toWord(body?.error_type);
  const message = toText(body?.error) ?? (body?.error ? JSON.stringify(body.error) : null);
  const hasFailed = type !== null || message !== null;
  return {
    hasEnded: status === 'COMPLETED',
    error: hasFailed ? { type, message: message ?? '', field: null } : null,
  };
}

export interface FalResult {
  pictures: JobPicture[];
  /** Of the first picture. */
  seed: number | null;
  /** The prompt that was used. */
  prompt: string | null;
}

const SEED_MAX = 4_294_967_295;

/** Pictures are in `images`, or one in `image`, as the model likes. */
export function parseResult(value: unknown): FalResult {
  const body = toRecord(value);
  const given = Array.isArray(body?.images) ? body.images : [body?.image];
  const marks: unknown[] = Array.isArray(body?.has_nsfw_concepts) ? body.has_nsfw_concepts : [];
  const pictures = toRecords(given).flatMap((picture, at): JobPicture[] => {
    const url = toText(picture.url);
    return url === null ? [] : [{ url, isUnsafe: marks[at] === true }];
  });
  const { seed } = body ?? {};
  const isSeed = Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) <= SEED_MAX;
  return { pictures, seed: isSeed ? Number(seed) : null, prompt: toText(body?.prompt) };
}

/** Where a picture that goes in is to be put, and what it is called then. */
export interface FalUpload {
  uploadUrl: string;
  fileUrl: string;
}

/** Null = it is no such answer. */
export function parseUpload(value: unknown): FalUpload | null {
  const body = toRecord(value);
  const uploadUrl = toText(body?.upload_url);
  const fileUrl = toText(body?.file_url);
  return uploadUrl === null || fileUrl === null ? null : { uploadUrl, fileUrl };
}

export interface FalErrorBody {
  /** The vendor's word for it, as `content_policy_violation`. */
  type: string | null;
  message: string;
  /** Field at fault, as `image_url`. */
  field: string | null;
}

/** `detail` is a list of `{loc: ["body", "prompt"], msg, type}`, or a text with an `error_type`. Never fails. */
export function parseFalError(bodyText: string, headers: Headers): FalErrorBody {
  const body = toRecord(parseJson(bodyText));
  const detail = body?.detail;
  const [first] = toRecords(detail);
  const place: unknown[] = Array.isArray(first?.loc) ? first.loc : [];
  const type = first ? first.type : (body?.error_type ?? headers.get('x-fal-error-type'));
  return {
    type: toWord(type),
    message: toText(detail) ?? (detail === undefined ? bodyText : JSON.stringify(detail)),
    field: toText(place.at(-1)),
  };
}
