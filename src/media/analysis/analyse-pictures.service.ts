import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import type { BlobName } from '../domain/media-analyses.port.js';
import { MediaAnalyses } from '../domain/media-analyses.port.js';
import { MediaStorage } from '../domain/media-storage.strategy.js';
import { toBands } from '../domain/perceptual-hash.js';
import { type Looks, lookAtPicture } from './look-at-picture.js';

/** Pictures decoded at once in this process: each is held whole, and decoding takes a core. */
const PICTURES_MAX = 2;

/** Looks at stored pictures and remembers what they look like. */
@Injectable()
export class AnalysePicturesService {
  private readonly logger = new Logger(AnalysePicturesService.name);
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly config: AppConfig,
    private readonly storage: MediaStorage,
    private readonly analyses: MediaAnalyses,
  ) {}

  /** @throws what cannot be read or decoded: it is looked at again later */
  async analyse(blob: BlobName & { storageKey: string }): Promise<void> {
    await this.inTurn(async () => {
      const stored = await this.storage.open(blob.storageKey);
      if (!stored) throw new Error('its bytes are not there');
      const { hash, thumbhash, colour } = await this.look(stored.stream);
      const bands = hash === null ? [] : toBands(hash);
      const { searchSpaceId, sha256 } = blob;
      await this.analyses.save({ searchSpaceId, sha256, thumbhash, colour, hash, bands });
    });
  }

  /** Looks at a picture that is not stored, in its turn. @throws what cannot be decoded */
  lookAt(bytes: Buffer): Promise<Looks> {
    return this.inTurn(() => lookAtPicture(bytes, this.config.media.pixelsMax));
  }

  /** As well as it goes now; what fails is done by the worker. Never throws. */
  async tryAnalyse(blob: BlobName & { storageKey: string }): Promise<void> {
    await this.analyse(blob).catch((error: unknown) =>
      this.logger.warn(`a picture was not looked at: ${String(error)}`),
    );
  }

  private async look(stream: AsyncIterable<Uint8Array>): Promise<Looks> {
    const chunks: Uint8Array[] = [];
    // Bounded: nothing larger than FILE_LIMIT_BYTES is ever stored.
    for await (const chunk of stream) chunks.push(chunk);
    return lookAtPicture(Buffer.concat(chunks), this.config.media.pixelsMax);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= PICTURES_MAX) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running += 1;
    try {
      return await work();
    } finally {
      // The place goes to whoever waits.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
