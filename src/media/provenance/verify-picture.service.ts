import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { AppConfig } from '../../config/app-config.js';
import { OutboundFetcher } from '../../outbound/outbound-fetcher.port.js';
import type { MediaAsset } from '../domain/media-asset.js';
import { ProvenanceReader } from '../domain/space-provenance.js';
import { MediaService } from '../media.service.js';
import { C2paWorker, hasManifests, type ManifestVerdict } from './c2pa-worker.js';
import { type Inspection, inspectPicture } from './inspect-picture.js';

/** Files looked at at once: each may be held whole. */
const FILES_MAX = 8;
/** Of one space, so that its slow senders keep no other space waiting. */
const FILES_OF_SPACE_MAX = 4;
const RETRY_AFTER_S = 2;
/** Stored pictures that a file is compared with. */
const COMPARED_MAX = 10;
const FETCH_TIMEOUT_MS = 20_000;
const HTTP_OK = 200;

export interface PictureVerdict {
  inspection: Inspection;
  isKnown: boolean;
  generationId: string | null;
  digitalSourceType: string | null;
  generator: string | null;
  manifest: ManifestVerdict;
  /** Whether its pixels are those of the stored picture it says to be; null = there is none to compare with. */
  hasSamePixels: boolean | null;
}

/** Tells where a file comes from: by its bytes, by what it says of itself, and whether that is so. */
@Injectable()
export class VerifyPictureService {
  private readonly logger = new Logger(VerifyPictureService.name);
  /** The space of each. */
  private readonly running: string[] = [];

  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
    private readonly reader: ProvenanceReader,
    private readonly fetcher: OutboundFetcher,
    private readonly worker: C2paWorker,
  ) {}

  /** @throws DomainError `media.…` for what is no picture, `request.busy` */
  async verify(searchSpaceId: string, bytes: AsyncIterable<Uint8Array>): Promise<PictureVerdict> {
    const ofSpace = this.running.filter((id) => id === searchSpaceId).length;
    if (this.running.length >= FILES_MAX || ofSpace >= FILES_OF_SPACE_MAX) throw busy();
    this.running.push(searchSpaceId);
    try {
      return await this.judge(searchSpaceId, await this.inspect(bytes));
    } finally {
      this.running.splice(this.running.indexOf(searchSpaceId), 1);
    }
  }

  /** @throws DomainError as `verify`; `request.not_found` for a picture that the space has not */
  async verifyStored(searchSpaceId: string, assetId: string): Promise<PictureVerdict> {
    const asset = isId(assetId) ? await this.media.findAsset(searchSpaceId, assetId) : null;
    if (!asset) throw DomainError.notFound('picture');
    return this.verify(searchSpaceId, this.media.readAsset(asset));
  }

  /** @throws DomainError as `verify`; `outbound.…` for an address that is refused or does not answer */
  async verifyAt(searchSpaceId: string, url: string): Promise<PictureVerdict> {
    const response = await this.fetcher.fetch(url, {
      maxBytes: this.config.media.fileLimitBytes,
      timeoutMs: FETCH_TIMEOUT_MS,
      accept: 'image/*',
    });
    if (response.status === HTTP_OK) return this.verify(searchSpaceId, response.body);
    response.discard();
    throw DomainError.invalid('url', `answered with status ${response.status}`);
  }

  private inspect(bytes: AsyncIterable<Uint8Array>): Promise<Inspection> {
    const { fileLimitBytes: bytesMax, pixelsMax } = this.config.media;
    const heldBytesMax = this.config.provenance.bytesMax;
    return inspectPicture(bytes, { bytesMax, pixelsMax, heldBytesMax });
  }

  private async judge(searchSpaceId: string, inspection: Inspection): Promise<PictureVerdict> {
    const { mark, sha256 } = inspection;
    const [known, manifest] = await Promise.all([
      this.reader.findBytes(searchSpaceId, sha256),
      this.readManifest(inspection),
    ]);
    const origin = known?.assetId ? await this.media.findAsset(searchSpaceId, known.assetId) : null;
    const generationId = origin?.generationId ?? mark.generationId;
    return {
      inspection,
      isKnown: known !== null,
      generationId,
      digitalSourceType: mark.digitalSourceType ?? manifest.digitalSourceType ?? null,
      generator: mark.generator ?? manifest.generator ?? null,
      manifest,
      hasSamePixels: origin ? true : await this.compare(searchSpaceId, inspection, generationId),
    };
  }

  private async readManifest(inspection: Inspection): Promise<ManifestVerdict> {
    const { bytes, format, hasManifest } = inspection;
    if (!hasManifest) return { isPresent: false };
    if (!bytes || !hasManifests(format)) {
      return { isPresent: true, isValid: false, error: 'atelier.not_checked' };
    }
    try {
      return await this.worker.verify({ bytes, format });
    } catch (error) {
      if (error instanceof DomainError) throw error;
      this.logger.warn(`a manifest could not be read: ${String(error)}`);
      return { isPresent: true, isValid: false, error: 'general.error' };
    }
  }

  /** With the pictures of the generation that the file names, if this space has it. */
  private async compare(
    searchSpaceId: string,
    inspection: Inspection,
    generationId: string | null,
  ): Promise<boolean | null> {
    if (generationId === null || !isId(generationId)) return null;
    const found = await this.media.findAssets([generationId]);
    const stored = found.filter((asset) => asset.searchSpaceId === searchSpaceId);
    if (stored.length === 0) return null;
    const alike = stored.filter((asset) => isAlike(asset, inspection)).slice(0, COMPARED_MAX);
    for (const asset of alike) {
      const { pixelsSha256 } = await this.inspect(this.media.readAsset(asset));
      if (pixelsSha256 === inspection.pixelsSha256) return true;
    }
    return false;
  }
}

function busy(): DomainError {
  return new DomainError(
    'request.busy',
    'Too many files are being verified at this moment. Wait and try again.',
    { retryAfterS: RETRY_AFTER_S },
  );
}

function isAlike(asset: MediaAsset, { format, widthPx, heightPx }: Inspection): boolean {
  return asset.format === format && asset.widthPx === widthPx && asset.heightPx === heightPx;
}
