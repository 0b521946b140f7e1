import type { JobPicture } from '../shared/job-pictures.js';
import { type JsonRecord, parseJson, toRecord, toRecords, toText } from '../shared/read-json.js';

/**
 * The wire forms of Leonardo's REST API, read leniently. A generation makes several pictures and is asked after by its
 * id; pictures that go in are uploaded first. Source: docs.leonardo.ai and its SDK, read 2026-11.
 */

/** What a request was answered with; null = not there. */
export interface LeonardoAcceptance {
  id: string | null;
  /** Millionths of a credit. Null = the account pays in money. */
  microcredits: number | null;
}

const ID_FORM = /^[\w-]{1,100}$/;
const MICROS_PER_CREDIT = 1_000_000;
const CREDITS_MAX = 1_000_000;
const DECIMAL_FORM = /^(\d{1,6})(?:\.(\d{1,6})\d*)?$/;
const FRACTION_DIGITS = 6;

export function parseAcceptance(value: unknown): LeonardoAcceptance {
  const body = toRecord(value);
  const job = toRecord(body?.sdGenerationJob ?? body?.generate ?? body?.universalUpscaler);
  return { id: toId(job?.generationId ?? job?.id), microcredits: toMicrocredits(job) };
}

function toId(value: unknown): string | null {
  const id = toText(value) ?? '';
  return ID_FORM.test(id) ? id : null;
}

/** Older accounts have `apiCreditCost`; in newer ones `cost` has a unit of its own. */
function toMicrocredits(job: JsonRecord | null): number | null {
  const credits = job?.apiCreditCost;
  if (Number.isInteger(credits) && Number(credits) >= 0 && Number(credits) <= CREDITS_MAX) {
    return Number(credits) * MICROS_PER_CREDIT;
  }
  const cost = toRecord(job?.cost);
  const [, whole, fraction = ''] = DECIMAL_FORM.exec(toText(cost?.amount) ?? '') ?? [];
  if (cost?.unit !== 'CREDITS' || whole === undefined) return null;
  return Number(whole) * MICROS_PER_CREDIT + Number(fraction.padEnd(FRACTION_DIGITS, '0'));
}

export type LeonardoJobState = 'pending' | 'complete' | 'failed' | 'gone';

export interface LeonardoJobAnswer {
  state: LeonardoJobState;
  pictures: JobPicture[];
  /** Of the first picture. */
  seed: number | null;
}

const STATES: Readonly<Record<string, LeonardoJobState>> = {
  COMPLETE: 'complete',
  FAILED: 'failed',
};
const SEED_MAX = 9_999_999_998;

/** Null = it is no answer about a generation. */
export function parseGeneration(value: unknown): LeonardoJobAnswer | null {
  const body = toRecord(value);
  if (body?.generations_by_pk === null) return { state: 'gone', pictures: [], seed: null };
  const generation = toRecord(body?.generations_by_pk);
  const status = toText(generation?.status);
  if (status === null) return null;
  const { seed } = generation ?? {};
  const isSeed = Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) <= SEED_MAX;
  return {
    state: toState(status),
    pictures: toPictures(generation?.generated_images),
    seed: isSeed ? Number(seed) : null,
  };
}

/** Null = it is no answer about a variation. */
export function parseVariation(value: unknown): LeonardoJobAnswer | null {
  const list = toRecord(value)?.generated_image_variation_generic;
  if (!Array.isArray(list)) return null;
  // It is in the list before it has a state.
  const status = toText(toRecord(list[0])?.status);
  return { state: toState(status ?? ''), pictures: toPictures(list), seed: null };
}

/** Any other word is one of a job that goes on. */
function toState(status: string): LeonardoJobState {
  return (Object.hasOwn(STATES, status) ? STATES[status] : null) ?? 'pending';
}

function toPictures(value: unknown): JobPicture[] {
  return toRecords(value).flatMap(({ url, nsfw }) => {
    const address = toText(url);
    return address === null ? [] : [{ url: address, isUnsafe: nsfw === true }];
  });
}

/** Where a picture that goes in is to be sent, with what the store asks for. */
export interface LeonardoUpload {
  id: string;
  url: string;
  fields: Record<string, string>;
}

const FIELDS_MAX = 32;
const FIELD_NAME_FORM = /^[\w-]{1,100}$/;

/** Null = it is no such answer. The fields come as a text that is JSON itself. */
export function parseUpload(value: unknown): LeonardoUpload | null {
  const upload = toRecord(toRecord(value)?.uploadInitImage);
  const given = upload?.fields;
  const fields = Object.entries(
    toRecord(typeof given === 'string' ? parseJson(given) : given) ?? {},
  );
  const areFields = fields.every(
    ([name, content]) => FIELD_NAME_FORM.test(name) && typeof content === 'string',
  );
  const id = toId(upload?.id);
  const url = toText(upload?.url);
  if (id === null || url === null || !areFields || fields.length > FIELDS_MAX) return null;
  return { id, url, fields: Object.fromEntries(fields) as Record<string, string> };
}

export interface LeonardoErrorBody {
  message: string;
  /** Field at fault, as `prompt`. */
  field: string | null;
}

/** `{error, path, code}`; of the second API a list, which may come with status 200. Never fails. */
export function parseLeonardoError(bodyText: string): LeonardoErrorBody {
  const body = parseJson(bodyText);
  const [refusal] = toRecords(body);
  if (refusal) return parseRefusal(refusal);
  const message = toText(toRecord(body)?.error) ?? bodyText;
  const path = toText(toRecord(body)?.path)?.split('.').at(-1) ?? '$';
  const [, named = null] = /variable:? "?(\w+)/.exec(message) ?? [];
  return { message, field: path === '$' ? named : path };
}

function parseRefusal(refusal: JsonRecord): LeonardoErrorBody {
  const extensions = toRecord(refusal.extensions);
  const details = toRecord(extensions?.details);
  const messages = toRecords(details?.errors).map(({ message }) => toText(message) ?? '');
  const message = [...messages, toText(details?.message), toText(refusal.message)]
    .filter((one) => one !== null && one !== '')
    .join(' ');
  return { message: `${toText(extensions?.code) ?? ''} ${message}`.trim(), field: null };
}
