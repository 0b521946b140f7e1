import { createHmac, randomBytes } from 'node:crypto';

/** Headers of https://www.standardwebhooks.com (read 2026-11-22). */
export const ID_HEADER = 'webhook-id';
export const TIMESTAMP_HEADER = 'webhook-timestamp';
export const SIGNATURE_HEADER = 'webhook-signature';

const SECRET_PREFIX = 'whsec_';
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;
const VERSION = 'v1';

/** `whsec_` and 32 random bytes in base64. */
export function makeWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

export interface SignedMessage {
  id: string;
  /** Seconds since 1970. */
  timestampS: number;
  /** As on the wire. */
  body: string;
}

/** The value of the signature header: one signature a secret, in their order, apart by a space. */
export function signWebhook(secrets: readonly string[], message: SignedMessage): string {
  const text = `${message.id}.${message.timestampS}.${message.body}`;
  return secrets.map((secret) => `${VERSION},${toMac(secret, text)}`).join(' ');
}

function toMac(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return createHmac('sha256', key).update(text).digest('base64');
}
