import { assert } from '../common/assert.js';
import type { OutboxEvent } from '../persistence/outbox.port.js';
import type { ReleasedBlob } from './domain/media-asset.js';

/** Reads the event `media.blob_released`. */
export function toReleasedBlob({ searchSpaceId, payload }: OutboxEvent): ReleasedBlob {
  const { sha256 } = payload;
  assert(searchSpaceId !== null && typeof sha256 === 'string', 'not the event of a released blob');
  return { searchSpaceId, sha256 };
}
