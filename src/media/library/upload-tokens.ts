import { Injectable } from '@nestjs/common';
import { assert } from '../../common/assert.js';
import { AppConfig } from '../../config/app-config.js';
import type { PendingUpload } from '../domain/pending-upload.js';
import { LinkSeal } from '../link-seal.js';

/** Names the form of the signed text, so that no link of a picture is taken for it. */
const PURPOSE = 'atelier media upload 1';
const TOKEN_FORM = /^([A-Za-z0-9_-]{1,1960})\.([A-Za-z0-9_-]{43})$/;

type Fields = [
  id: string,
  searchSpaceId: string,
  userId: string,
  expiresAtMs: number,
  sizeBytes: number,
  mediaType: string,
  sha256: string | null,
  collectionId: string | null,
  fileName: string | null,
];

/**
 * Ids of uploads that have begun: all that was agreed on, signed. Nothing is stored of one before it is completed, so
 * nothing stays of those that are given up.
 */
@Injectable()
export class UploadTokens {
  private readonly seal: LinkSeal;

  constructor({ media }: AppConfig) {
    this.seal = new LinkSeal(media);
  }

  /** At most 2,004 characters that need no escaping in an address. */
  sign(upload: PendingUpload): string {
    const fields: Fields = [
      upload.id,
      upload.searchSpaceId,
      upload.userId,
      upload.expiresAt.getTime(),
      upload.sizeBytes,
      upload.mediaType,
      upload.sha256,
      upload.collectionId,
      upload.fileName,
    ];
    const text = Buffer.from(JSON.stringify(fields)).toString('base64url');
    const token = `${text}.${this.seal.sign(toSigned(text))}`;
    assert(TOKEN_FORM.test(token), 'an upload says more than its id can hold');
    return token;
  }

  /** Null for what was not signed here. Whether it has expired, the caller asks. */
  read(token: string): PendingUpload | null {
    const [, text, mac] = TOKEN_FORM.exec(token) ?? [];
    if (text === undefined || mac === undefined) return null;
    if (!this.seal.isGenuine(toSigned(text), mac)) return null;
    const fields = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Fields;
    const [id, searchSpaceId, userId, expiresAtMs, sizeBytes, mediaType, ...others] = fields;
    const [sha256, collectionId, fileName] = others;
    return {
      id,
      searchSpaceId,
      userId,
      collectionId,
      fileName,
      mediaType,
      sizeBytes,
      sha256,
      expiresAt: new Date(expiresAtMs),
    };
  }
}

function toSigned(text: string): string {
  return `${PURPOSE}\n${text}`;
}
