import { randomBytes } from 'node:crypto';
import type { Scope } from '../../common/permission.js';
import { newOpaqueToken } from './opaque-token.js';

export const KEY_PREFIX = 'atl_';
const LOOKUP_LENGTH = 8;
const LOOKUP_BYTES = 5;
const BITS_PER_LETTER = 5;
const KEY_LENGTH = 56;
const KEY_FORM = /^atl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/;
const BASE32_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** An API key as it is kept: never the key itself. */
export interface ApiKey {
  id: string;
  /** The eight characters after `atl_`: public, unique, what the row is found by. */
  lookupId: string;
  keyHash: Buffer;
  name: string;
  /** The only space it works in. */
  searchSpaceId: string;
  /** Its maker, whose rights in the space bound its own at every use. */
  userId: string;
  scopes: readonly Scope[];
  /** Null: never. */
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** Behind by up to ten minutes. */
  lastUsedAt: Date | null;
  createdAt: Date;
}

/** The part of a key that authentication reads. */
export type StoredKey = Pick<
  ApiKey,
  'id' | 'keyHash' | 'userId' | 'searchSpaceId' | 'scopes' | 'expiresAt'
>;

/** A new key. It is shown to its maker once and not kept. */
export function newApiKey(): string {
  return `${KEY_PREFIX}${toBase32(randomBytes(LOOKUP_BYTES))}_${newOpaqueToken()}`;
}

/** The lookup id, cut out by position (the secret may hold underscores too); null for another form. */
export function findLookupId(key: string): string | null {
  if (key.length !== KEY_LENGTH || !KEY_FORM.test(key)) return null;
  return key.slice(KEY_PREFIX.length, KEY_PREFIX.length + LOOKUP_LENGTH);
}

/** Five bytes as eight letters (RFC 4648 section 6, lower case). */
function toBase32(bytes: Buffer): string {
  const bits = bytes.readUIntBE(0, LOOKUP_BYTES);
  return Array.from({ length: LOOKUP_LENGTH }, (_, index) => {
    const shift = 2 ** (BITS_PER_LETTER * (LOOKUP_LENGTH - 1 - index));
    return BASE32_ALPHABET[Math.floor(bits / shift) % BASE32_ALPHABET.length];
  }).join('');
}
