import { parseJson, toRecord } from '../../providers/shared/read-json.js';
import type { AnswerOrigin, CachedAnswer } from './response-cache.port.js';

/** Of the head's length, before it. */
const LENGTH_BYTES = 4;

/** One value for a store outside: the length of the head, the head as JSON, the bytes as they are. */
export function encodeAnswer({ bytes, ...head }: CachedAnswer): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, bytes]);
}

/** Null = nothing that `encodeAnswer` wrote. */
export function decodeAnswer(value: Buffer): CachedAnswer | null {
  if (value.length < LENGTH_BYTES) return null;
  const start = LENGTH_BYTES + value.readUInt32BE();
  if (start > value.length) return null;
  const head = toRecord(parseJson(value.toString('utf8', LENGTH_BYTES, start)));
  const { form, showsUsage, usage, keptAtMs } = head ?? {};
  const made = toOrigin(head?.made);
  const isGood =
    (form === 'json' || form === 'events') &&
    typeof showsUsage === 'boolean' &&
    (usage === null || typeof usage === 'string') &&
    typeof keptAtMs === 'number';
  if (!isGood) return null;
  const bytes = value.subarray(start);
  return { form, showsUsage, usage, keptAtMs, bytes, ...(made && { made }) };
}

function toOrigin(value: unknown): AnswerOrigin | null {
  const { model, provider, callId } = toRecord(value) ?? {};
  const isGood = [model, provider, callId].every((name) => typeof name === 'string');
  return isGood ? ({ model, provider, callId } as AnswerOrigin) : null;
}
