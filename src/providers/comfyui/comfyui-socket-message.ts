import { parseJson, toRecord, toText } from '../shared/read-json.js';

/** What the server tells of a job while it runs. */
export type SocketNews =
  | { kind: 'progress'; fraction: number }
  | { kind: 'preview'; mediaType: string; bytes: Uint8Array }
  /** The job has left the queue, and its history is written. */
  | { kind: 'ended' };

/** Events of binary messages; all numbers are big-endian and of 32 bits. */
const PREVIEW = 1;
const PREVIEW_WITH_METADATA = 4;
const NUMBER_BYTES = 4;
const JPEG = 1;
const PNG = 2;
const PREVIEW_BYTES_MAX = 1_048_576;
const MEDIA_TYPE_FORM = /^image\/(jpeg|png|webp)$/;

/** Null = nothing about this job, or nothing that is known. Never fails. */
export function parseSocketMessage(
  message: string | Uint8Array,
  promptId: string,
): SocketNews | null {
  return typeof message === 'string'
    ? parseText(message, promptId)
    : parseBinary(Buffer.from(message), promptId);
}

function parseText(message: string, promptId: string): SocketNews | null {
  const { type, data } = toRecord(parseJson(message)) ?? {};
  const news = toRecord(data);
  if (news?.prompt_id !== promptId) return null;
  // The very last message of a job; `execution_success` comes before its history.
  if (type === 'executing') return news.node === null ? { kind: 'ended' } : null;
  const { value, max } = news;
  if (type !== 'progress' || typeof value !== 'number' || typeof max !== 'number') return null;
  const fraction = value / max;
  return fraction >= 0 && fraction <= 1 ? { kind: 'progress', fraction } : null;
}

function parseBinary(message: Buffer, promptId: string): SocketNews | null {
  if (message.length < 2 * NUMBER_BYTES) return null;
  const event = message.readUInt32BE(0);
  const number = message.readUInt32BE(NUMBER_BYTES);
  const rest = message.subarray(2 * NUMBER_BYTES);
  if (event === PREVIEW) {
    const mediaType = number === JPEG ? 'image/jpeg' : number === PNG ? 'image/png' : null;
    return toPreview(mediaType, rest);
  }
  if (event !== PREVIEW_WITH_METADATA || number > rest.length) return null;
  const metadata = toRecord(parseJson(rest.toString('utf8', 0, number)));
  if (metadata?.prompt_id !== promptId) return null;
  return toPreview(toText(metadata.image_type), rest.subarray(number));
}

function toPreview(mediaType: string | null, bytes: Uint8Array): SocketNews | null {
  if (mediaType === null || !MEDIA_TYPE_FORM.test(mediaType)) return null;
  if (bytes.length === 0 || bytes.length > PREVIEW_BYTES_MAX) return null;
  return { kind: 'preview', mediaType, bytes };
}
