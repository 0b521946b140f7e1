import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import type { StageTarget } from '../media/domain/storage-key.js';
import { MediaService, type StagedMedia } from '../media/media.service.js';
import { OutboundFetcher } from '../outbound/outbound-fetcher.port.js';
import { fetchFailed } from '../outbound/outbound.errors.js';
import { atField } from './at-field.js';
import type { GenerationRequest, ReferenceImage } from './domain/generation-request.js';

/** For one picture. */
const FETCH_TIMEOUT_MS = 20_000;
/** For all pictures of a request together: it holds a place in the queue for runs meanwhile, and nothing is paid yet. */
export const INPUTS_TIMEOUT_MS = 60_000;
const DATA_URL_FORM = /^data:[\w.+-]+\/[\w.+-]+;base64,/;
const BASE64_FORM = /^[A-Za-z0-9+/_-]*={0,2}$/;
const HTTP_OK = 200;

/** One picture that goes in: bytes that were just given, or one that the space already has. */
export type PreparedInput =
  { target: StageTarget; staged: StagedMedia } | { target: StageTarget; source: MediaAsset };

interface WantedInput {
  image: ReferenceImage;
  field: string;
  target: StageTarget;
  /** When all pictures must be here, by `performance.now()`. */
  untilMs: number;
}

/** The pictures a request brings: checked before money is held, kept once it is admitted. */
@Injectable()
export class GenerationInputs {
  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
    private readonly fetcher: OutboundFetcher,
  ) {}

  /**
   * Reads and checks every picture; nothing stays behind when one of them is refused.
   * @throws DomainError naming the field.
   */
  async prepare(request: GenerationRequest, generationId: string): Promise<PreparedInput[]> {
    const wanted = request.referenceImages.map((image, index) => ({
      image,
      field: `reference_images[${index}]`,
      target: { generationId, attemptId: null, role: 'input' as const, index },
    }));
    const mask = request.mask && {
      image: request.mask,
      field: 'mask',
      target: { generationId, attemptId: null, role: 'mask' as const, index: 0 },
    };
    const prepared: PreparedInput[] = [];
    const untilMs = performance.now() + INPUTS_TIMEOUT_MS;
    try {
      for (const one of mask ? [...wanted, mask] : wanted) {
        prepared.push(await this.prepareOne({ ...one, untilMs }, request.searchSpaceId));
      }
      assertMaskFits(prepared);
      return prepared;
    } catch (error) {
      await this.discard(prepared);
      throw error;
    }
  }

  /** Makes them permanent; answers the assets by their role. */
  async keep(
    searchSpaceId: string,
    prepared: readonly PreparedInput[],
  ): Promise<{ inputs: MediaAsset[]; mask: MediaAsset | null }> {
    const assets: MediaAsset[] = [];
    for (const one of prepared) {
      if ('source' in one) assets.push(await this.media.adopt(one.source, one.target));
      else assets.push(...(await this.media.record(searchSpaceId, [{ staged: one.staged }])));
    }
    return {
      inputs: assets.filter(({ role }) => role === 'input'),
      mask: assets.find(({ role }) => role === 'mask') ?? null,
    };
  }

  async discard(prepared: readonly PreparedInput[]): Promise<void> {
    await this.media.discard(prepared.flatMap((one) => ('staged' in one ? [one.staged] : [])));
  }

  private async prepareOne(
    { image, target, field, untilMs }: WantedInput,
    searchSpaceId: string,
  ): Promise<PreparedInput> {
    if (image.staged) return { target: image.staged.target, staged: image.staged };
    if (image.mediaId !== undefined) {
      const source = await this.media.findAsset(searchSpaceId, image.mediaId);
      if (source) return { target, source };
      throw DomainError.invalid(`${field}.media_id`, 'is not a picture of this search space');
    }
    const path = image.url === undefined ? `${field}.data` : `${field}.url`;
    try {
      const bytes = await this.toBytes(image, path, untilMs);
      return { target, staged: await this.media.stage(target, bytes) };
    } catch (error) {
      throw atField(error, path);
    }
  }

  private async toBytes(
    image: ReferenceImage,
    field: string,
    untilMs: number,
  ): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
    if (image.url === undefined) return [decode(image.data ?? '', field)];
    const leftMs = Math.floor(untilMs - performance.now());
    if (leftMs <= 0) throw fetchFailed('timeout');
    const response = await this.fetcher.fetch(image.url, {
      maxBytes: this.config.media.fileLimitBytes,
      timeoutMs: Math.min(FETCH_TIMEOUT_MS, leftMs),
      accept: 'image/*',
    });
    if (response.status === HTTP_OK) return response.body;
    response.discard();
    const message = `answered with status ${response.status}`;
    throw new DomainError('request.invalid', `${field} ${message}`, {
      fields: [{ field, message }],
      details: { reason: 'status' },
    });
  }
}

/** A mask lies over the first picture, point by point. */
function assertMaskFits(prepared: readonly PreparedInput[]): void {
  const mask = prepared.find(({ target }) => target.role === 'mask');
  const [first] = prepared
    .filter(({ target }) => target.role === 'input')
    .toSorted((left, right) => left.target.index - right.target.index);
  if (!mask || !first) return;
  const [wanted, given] = [describeSize(first), describeSize(mask)];
  if (wanted === given) return;
  throw DomainError.invalid(
    'mask',
    `must be as large as the first picture: ${wanted}, not ${given}`,
  );
}

function describeSize(input: PreparedInput): string {
  const { widthPx, heightPx } = 'staged' in input ? input.staged : input.source;
  return `${widthPx}x${heightPx}`;
}

function decode(data: string, field: string): Buffer {
  const base64 = data.replace(DATA_URL_FORM, '');
  if (base64 === '' || !BASE64_FORM.test(base64)) {
    throw DomainError.invalid(field, 'must be base64, or a data: URL with base64');
  }
  return Buffer.from(base64, 'base64');
}
