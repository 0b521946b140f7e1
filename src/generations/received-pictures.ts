import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaService, type StagedMedia } from '../media/media.service.js';
import { MarkPicturesService } from '../media/provenance/mark-pictures.service.js';
import { OutboundFetcher } from '../outbound/outbound-fetcher.port.js';
import type { DeliveredImage } from '../providers/spec/image-call.js';
import type { ImageFacts } from '../providers/spec/image-result.js';
import type { Connection } from '../connections/connection.js';
import type { Generation, GenerationWarning } from './domain/generation.js';
import { JobNews } from './domain/job-news.port.js';
import { toProgressReporter } from './jobs/report-progress.js';
import { PartialPictures } from './partial-pictures.js';
import { toOrigin } from './to-origin.js';

const FETCH_TIMEOUT_MS = 60_000;
const HTTP_OK = 200;
/** Faults of one picture; the others may still be good. Anything else ends the call. */
const PICTURE_FAULTS = ['media.', 'outbound.'];

/** Takes what a vendor delivers straight into the store, picture by picture, and remembers what came. */
@Injectable()
export class ReceivedPictures {
  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
    private readonly marks: MarkPicturesService,
    private readonly fetcher: OutboundFetcher,
    private readonly partials: PartialPictures,
    private readonly news: JobNews,
  ) {}

  open(generation: Generation, attemptId: string) {
    const staged: { media: StagedMedia; vendorIndex: number }[] = [];
    const warnings: GenerationWarning[] = [];
    // Beside the vendor's work, and while the database is there.
    void this.marks.prepare(generation);
    const { report, isWatched } = toProgressReporter(this.news, generation.id);
    return {
      warnings,
      onProgress: report,
      isWatched,
      /** Absent = nobody looks. */
      onPartial: this.partials.findListener(generation),
      /** How many arrived whole. */
      get count() {
        return staged.length;
      },
      take: async (image: DeliveredImage, connection: Connection): Promise<void> => {
        try {
          // Places are dense: a picture that was lost leaves no gap.
          const target = {
            generationId: generation.id,
            attemptId,
            role: 'output' as const,
            index: staged.length,
          };
          const bytes = await this.toBytes(image, connection);
          const marked = await this.marks.stage({ ...toOrigin(generation), target, bytes });
          if (marked.warning) warnings.push({ code: 'picture_unsigned', message: marked.warning });
          staged.push({ media: marked.staged, vendorIndex: image.index });
        } catch (error) {
          if (!isPictureFault(error)) throw error;
          warnings.push({
            code: 'picture_unusable',
            message: `Picture ${image.index} of the provider could not be used: ${error.message}`,
          });
        }
      },
      /** Makes all that came permanent. May be repeated. */
      keep: async (facts: readonly ImageFacts[]): Promise<MediaAsset[]> => {
        if (staged.length === 0) return [];
        const seeds = new Map(facts.map(({ index, seed }) => [index, seed]));
        return this.media.record(
          generation.searchSpaceId,
          staged.map(({ media, vendorIndex }) => ({
            staged: media,
            seed: seeds.get(vendorIndex),
          })),
        );
      },
    };
  }

  private async toBytes(
    image: DeliveredImage,
    connection: Connection,
  ): Promise<AsyncIterable<Uint8Array>> {
    return image.kind === 'bytes' ? image.bytes : this.download(image.url, connection);
  }

  /** A relative URL is the vendor's own; every URL passes the guard. */
  private async download(url: string, connection: Connection): Promise<AsyncIterable<Uint8Array>> {
    const { baseUrl, isHouse = false } = connection.credential;
    const base = baseUrl ?? undefined;
    const absolute = URL.canParse(url, base) ? new URL(url, base).href : url;
    const response = await this.fetcher.fetch(absolute, {
      maxBytes: this.config.media.fileLimitBytes,
      timeoutMs: FETCH_TIMEOUT_MS,
      accept: 'image/*',
      isHouse: isHouse && base !== undefined && isSameOrigin(absolute, base),
    });
    if (response.status === HTTP_OK) return response.body;
    response.discard();
    throw new DomainError(
      'outbound.fetch_failed',
      `its address answered with status ${response.status}.`,
    );
  }
}

function isSameOrigin(url: string, base: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(base).origin;
}

function isPictureFault(error: unknown): error is DomainError {
  return (
    error instanceof DomainError && PICTURE_FAULTS.some((prefix) => error.code.startsWith(prefix))
  );
}
