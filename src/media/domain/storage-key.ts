import { assert } from '../../common/assert.js';
import { isId } from '../../common/ids.js';
import {
  ASSET_ROLES,
  type AssetRole,
  IMAGE_FORMATS,
  type ImageFormat,
  type MediaAsset,
} from './media-asset.js';

/** Where a picture that is not stored yet belongs. Its incoming name follows from it, so a restart finds the bytes. */
export interface StageTarget {
  /** Of an upload, which is its own owner: the id that the asset will have. */
  id?: string;
  /** Null for an upload. */
  generationId: string | null;
  /** The attempt that makes it; null for what the caller gave. */
  attemptId: string | null;
  role: AssetRole;
  index: number;
}

/** What an incoming name says. */
export interface IncomingName {
  /** The attempt's id for an output, the asset's own for an upload, the generation's for anything else. */
  ownerId: string;
  role: AssetRole;
  index: number;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const KEY_FORM = new RegExp(
  `^${UUID}/([0-9a-f]{2})/\\1[0-9a-f]{62}\\.(?:${IMAGE_FORMATS.join('|')})$`,
);
const INCOMING_FORM = new RegExp(`^(${UUID})-(${ASSET_ROLES.join('|')})-(\\d{1,4})$`);
const BROUGHT_FORM = new RegExp(`^${UUID}-brought$`);
const SHA256_FORM = /^[0-9a-f]{64}$/;

/** `<space>/<first two digits>/<sha256>.<format>`: the address of the bytes in every store. */
export function toStorageKey(blob: {
  searchSpaceId: string;
  sha256: string;
  format: ImageFormat;
}): string {
  assert(isId(blob.searchSpaceId) && SHA256_FORM.test(blob.sha256), 'not the identity of a blob');
  const spaceId = blob.searchSpaceId.toLowerCase();
  return `${spaceId}/${blob.sha256.slice(0, 2)}/${blob.sha256}.${blob.format}`;
}

/** Whose bytes are at that key. */
export function parseStorageKey(key: string): {
  searchSpaceId: string;
  sha256: string;
  format: ImageFormat;
} {
  assertStorageKey(key);
  const [searchSpaceId = '', , name = ''] = key.split('/');
  const [sha256 = '', format] = name.split('.');
  return { searchSpaceId, sha256, format: format as ImageFormat };
}

/** False for a name that this program did not make. */
export function isStorageKey(key: string): boolean {
  return KEY_FORM.test(key);
}

/** `<owner>-<role>-<index>`: the name of bytes that are complete but have no row yet. */
export function toIncomingName(target: StageTarget | MediaAsset): string {
  const ownerId = target.role === 'upload' ? target.id : (target.attemptId ?? target.generationId);
  const name = `${ownerId}-${target.role}-${target.index}`;
  assertIncomingName(name);
  return name;
}

/** `<upload>-brought`: bytes as a client brought them by itself. They are of no asset, and never promoted. */
export function toBroughtName(uploadId: string): string {
  const name = `${uploadId}-brought`;
  assertIncomingName(name);
  return name;
}

/** @param name also of what is still on its way */
export function isBroughtName(name: string): boolean {
  return BROUGHT_FORM.test(name.replace(/\.part$/, ''));
}

/** Null for a name that no asset has. */
export function parseIncomingName(name: string): IncomingName | null {
  const parts = INCOMING_FORM.exec(name);
  if (!parts?.[1] || !parts[2] || !parts[3]) return null;
  return { ownerId: parts[1], role: parts[2] as AssetRole, index: Number(parts[3]) };
}

/** Every store checks before it touches anything, so no text from outside can become a path. */
export function assertStorageKey(key: string): void {
  assert(KEY_FORM.test(key), 'not a storage key');
}

export function assertIncomingName(name: string): void {
  assert(
    INCOMING_FORM.test(name) || BROUGHT_FORM.test(name),
    'not the name of an incoming picture',
  );
}
