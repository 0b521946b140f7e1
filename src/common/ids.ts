import { v7, validate } from 'uuid';

/** A new UUIDv7: sorts by time of making, so indexes grow at one end (RFC 9562). */
export function newId(): string {
  return v7();
}

/** Whether the text is a UUID of any version. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && validate(text);
}
