import { DomainError } from '../../common/domain-error.js';

/** A picture that a client may bring by itself, and what it said of it before. */
export interface PendingUpload {
  id: string;
  searchSpaceId: string;
  /** Who began it, and alone may complete it. */
  userId: string;
  collectionId: string | null;
  /** For display alone. */
  fileName: string | null;
  /** As the bytes have to be sent; what they are, they say themselves. */
  mediaType: string;
  /** Exact. */
  sizeBytes: number;
  /** Of the bytes as they come; null = not told. */
  sha256: string | null;
  /** When its address takes nothing more. */
  expiresAt: Date;
}

/** After its address has expired: bytes that were on their way then are there by then. */
export const COMPLETE_GRACE_MS = 60 * 60_000;

/** What it is claimed under once it is completed. No key of a client has a space in it. */
export function toUploadKey({ id }: Pick<PendingUpload, 'id'>): string {
  return `upload ${id}`;
}

/** 404: one that is missing, forged, or somebody else's. */
export function uploadNotFound(): DomainError {
  return DomainError.notFound('upload');
}

/** 404 too: nothing is kept of it any more. */
export function uploadExpired(): DomainError {
  return new DomainError(
    'request.not_found',
    'The upload has expired. Begin a new one: POST /api/v1/media/uploads.',
  );
}

/** 403: the same words for forged and expired addresses. */
export function uploadAddressInvalid(): DomainError {
  return new DomainError(
    'media.link_invalid',
    'The address of the upload is not valid or has expired. Begin a new one: POST /api/v1/media/uploads.',
  );
}

/** 409: its address takes the bytes of one picture, once. */
export function uploadUsed(): DomainError {
  return new DomainError(
    'request.conflict',
    'The bytes of this upload were brought already, or are on their way. Complete it, or begin a new one.',
  );
}

/** 409: to be asked again once the bytes are there. */
export function uploadEmpty(): DomainError {
  return new DomainError(
    'request.conflict',
    'No whole picture was brought to this upload yet. Send it to its url first, then complete it.',
  );
}

/** 409: what was brought was no picture as it was told to be. */
export function uploadEnded(): DomainError {
  return new DomainError(
    'request.conflict',
    'What was brought to this upload was refused before. Begin a new one: POST /api/v1/media/uploads.',
  );
}
