import { randomBytes } from 'node:crypto';
import { assert } from '../../common/assert.js';
import type { Scope } from '../../common/permission.js';
import { newOpaqueToken, sha256 } from './opaque-token.js';

export const KEY_PREFIX = 'atl_';
const LOOKUP_LENGTH = 8;
const LOOKUP_BYTES = 5;
const BITS_PER_LETTER = 5;
const KEY_LENGTH = 56;
const KEY_FORM = /^atl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/;
const BASE32_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** What a key is held to besides its scopes. Empty lists forbid nothing; limits are null when unset. */
export interface KeyRestrictions {
  /** Wildcard patterns of model names. */
  allowedModels: readonly string[];
  /** Wildcard patterns of route patterns: `/v1/images/*`. */
  allowedEndpoints: readonly string[];
  /** Networks in canonical form; a denied one wins. */
  allowedCidrs: readonly string[];
  deniedCidrs: readonly string[];
  rateLimitPerMinute: number | null;
  rateLimitPerHour: number | null;
  rateLimitPerDay: number | null;
}

/** An API key as it is kept: never the key itself. */
export interface ApiKey extends KeyRestrictions {
  id: string;
  /** The eight characters after `atl_` of its newest secret: public, unique, what the row is found by. */
  lookupId: string;
  name: string;
  description: string;
  tags: readonly string[];
  /** The only space it works in. */
  searchSpaceId: string;
  /** Whose rights in the space bound its own at every use: its maker, or the service account it was made for. */
  userId: string;
  /** The service account, where `userId` is one. */
  serviceAccountId: string | null;
  scopes: readonly Scope[];
  /** Switched off by hand, and on again. */
  isActive: boolean;
  /** Null: never. */
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** Behind by up to ten minutes. */
  lastUsedAt: Date | null;
  createdAt: Date;
}

/** What may be changed of a key. */
export type KeyChanges = Partial<
  Pick<
    ApiKey,
    keyof KeyRestrictions | 'name' | 'description' | 'tags' | 'scopes' | 'expiresAt' | 'isActive'
  >
>;

/** One secret of a key; while a rotation lasts there are two. */
export interface KeySecret {
  lookupId: string;
  keyHash: Buffer;
}

/** The part of a key that authentication reads. */
export interface StoredKey extends Pick<
  ApiKey,
  'id' | 'userId' | 'searchSpaceId' | 'scopes' | 'expiresAt' | 'isActive' | keyof KeyRestrictions
> {
  keyHash: Buffer;
  /** When this secret ends because another took its place; null for the newest. */
  secretExpiresAt: Date | null;
  /** Whether the key's user is an operator: what scopes of operators hang on. */
  isOperators: boolean;
}

/** A new key. It is shown to its maker once and not kept. */
export function newApiKey(): string {
  return `${KEY_PREFIX}${toBase32(randomBytes(LOOKUP_BYTES))}_${newOpaqueToken()}`;
}

/** The lookup id, cut out by position (the secret may hold underscores too); null for another form. */
export function findLookupId(key: string): string | null {
  if (key.length !== KEY_LENGTH || !KEY_FORM.test(key)) return null;
  return key.slice(KEY_PREFIX.length, KEY_PREFIX.length + LOOKUP_LENGTH);
}

/** What is kept of a key that is one of ours by its form. */
export function toSecret(key: string): KeySecret {
  const lookupId = findLookupId(key);
  assert(lookupId, 'a key of another form');
  return { lookupId, keyHash: sha256(key) };
}

/** Five bytes as eight letters (RFC 4648 section 6, lower case). */
function toBase32(bytes: Buffer): string {
  const bits = bytes.readUIntBE(0, LOOKUP_BYTES);
  return Array.from({ length: LOOKUP_LENGTH }, (_, index) => {
    const shift = 2 ** (BITS_PER_LETTER * (LOOKUP_LENGTH - 1 - index));
    return BASE32_ALPHABET[Math.floor(bits / shift) % BASE32_ALPHABET.length];
  }).join('');
}
