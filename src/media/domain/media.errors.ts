import { DomainError } from '../../common/domain-error.js';
import { IMAGE_FORMATS } from './media-asset.js';

/** 400: the bytes are no picture of a kind that is kept, whatever their name says. */
export function mediaTypeRefused(message: string): DomainError {
  return new DomainError('media.type_refused', `${message} Send a PNG, JPEG or WebP picture.`, {
    details: { accepted: IMAGE_FORMATS },
  });
}

/** 413: more bytes than permitted. */
export function mediaTooLarge(limitBytes: number): DomainError {
  return new DomainError(
    'media.too_large',
    `The picture is larger than ${limitBytes} bytes; send a smaller one.`,
    { details: { limit_bytes: limitBytes } },
  );
}

/** 413: more pixels than permitted, however few bytes they are packed in. */
export function mediaTooManyPixels(limitPixels: number): DomainError {
  return new DomainError(
    'media.too_large',
    `The picture has more than ${limitPixels} pixels; send a smaller one.`,
    { details: { limit_pixels: limitPixels } },
  );
}

/** 400: it begins like a picture and does not go on like one. */
export function mediaUnreadable(fault: string): DomainError {
  return new DomainError(
    'media.unreadable',
    `The picture is damaged or cut off: ${fault}. Send it again whole.`,
  );
}

/** 403: the same words for forged, expired and revoked links. */
export function mediaLinkInvalid(): DomainError {
  return new DomainError(
    'media.link_invalid',
    'The link is not valid or has expired; ask for a fresh one: read the generation again, or POST /api/v1/media/{id}/links.',
  );
}

/** 404 although the row is there: the bytes are not. */
export function mediaBytesMissing(): DomainError {
  return DomainError.notFound('picture');
}

/** 410: the row is there, and the store has its bytes nowhere. */
export function mediaBytesLost(assetId: string): DomainError {
  return new DomainError(
    'media.bytes_lost',
    `The store has lost the bytes of picture ${assetId}. Its record stays; make or upload the picture again, and tell an ` +
      'operator, who can put the file back from a backup.',
    { details: { media_id: assetId } },
  );
}
