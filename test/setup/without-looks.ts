/** A record of a generation as it is at any time: placeholders of pictures come some seconds after them. */
import type { Answer } from './application.js';

export function withoutLooks(record: Answer['body']): Answer['body'] {
  if (!Array.isArray(record.images)) return record;
  return { ...record, images: record.images.map((one: object) => ({ ...one, thumbhash: null })) };
}
