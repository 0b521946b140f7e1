import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import { MediaLibrary } from '../domain/media-library.port.js';
import { MediaStorage } from '../domain/media-storage.strategy.js';
import {
  type PendingUpload,
  toUploadKey,
  uploadAddressInvalid,
  uploadUsed,
} from '../domain/pending-upload.js';
import { toBroughtName } from '../domain/storage-key.js';
import { UploadTokens } from './upload-tokens.js';

/** Takes the bytes of uploads where the store has no addresses of its own. Nothing looks at them yet. */
@Injectable()
export class ReceiveUploadService {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly storage: MediaStorage,
    private readonly library: MediaLibrary,
    private readonly tokens: UploadTokens,
  ) {}

  /**
   * The signed id is the only credential. Nothing stays of what does not come whole.
   * @throws DomainError `media.link_invalid`; `request.invalid` for another length or type than was agreed on;
   * `request.conflict` when bytes were brought before
   */
  async receive(token: string, request: IncomingMessage): Promise<void> {
    const upload = this.tokens.read(token);
    const isOwn = this.config.media.kind === 'filesystem';
    if (!upload || !isOwn || upload.expiresAt <= this.clock.now()) throw uploadAddressInvalid();
    assertAgreed(upload, request);
    const isCompleted = await this.library.findClaim(upload.userId, toUploadKey(upload));
    if (isCompleted) throw uploadUsed();
    const isTaken = await this.storage.receive(toBroughtName(upload.id), toWhole(request));
    if (!isTaken) throw uploadUsed();
  }
}

/** Node reads no more of a body than its length says. */
function assertAgreed({ sizeBytes, mediaType }: PendingUpload, { headers }: IncomingMessage): void {
  if (headers['content-length'] !== String(sizeBytes)) {
    throw DomainError.invalid('Content-Length', `must be ${sizeBytes}, as it was agreed on`);
  }
  if (headers['content-type']?.toLowerCase() !== mediaType) {
    throw DomainError.invalid('Content-Type', `must be ${mediaType}, as it was agreed on`);
  }
}

async function* toWhole(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of request) yield chunk as Buffer;
  } catch (error) {
    throw new DomainError('request.invalid', 'The body was cut off. Send it again whole.', {
      cause: error,
    });
  }
}
