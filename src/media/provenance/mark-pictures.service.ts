import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import type { StageTarget } from '../domain/storage-key.js';
import { MediaService, type StagedMedia } from '../media.service.js';
import { ImageProbe } from '../probe/image-probe.js';
import { toEditor } from '../rewrite/picture-edit.js';
import { MADE_BY_MODEL, MADE_WITH_MODEL, type ProvenanceMark } from '../rewrite/xmp-packet.js';
import { C2paIdentity } from './c2pa-identity.js';
import { C2paWorker, hasManifests } from './c2pa-worker.js';
import { SpaceProvenanceService } from './space-provenance.service.js';

/** What a model made, and for what. */
export interface PictureOrigin {
  searchSpaceId: string;
  generationId: string;
  /** Public name. */
  model: string;
  /** Whether it was made of other pictures. */
  isComposite: boolean;
}

export interface MadePicture extends PictureOrigin {
  target: StageTarget;
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface MarkedPicture {
  staged: StagedMedia;
  /** What could not be done beside; the picture is good all the same. */
  warning: string | null;
}

const UNKNOWN =
  'It is marked by XMP; whether the search space has its pictures signed could not be learned in time.';
const UNSIGNED = 'It is marked by XMP, but could not be signed with a C2PA manifest.';
/** Of the claims of manifests; says which form of them this service writes. */
const CLAIM_VERSION = '1';

/** Takes what models made into the store, and marks it as such on the way. */
@Injectable()
export class MarkPicturesService {
  private readonly logger = new Logger(MarkPicturesService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
    private readonly spaces: SpaceProvenanceService,
    private readonly identity: C2paIdentity,
    private readonly worker: C2paWorker,
  ) {}

  /** @throws DomainError as MediaService.stage */
  async stage(made: MadePicture): Promise<MarkedPicture> {
    const mark = toMark(made);
    const staged = await this.media.stage(made.target, made.bytes, {
      edit: { kind: 'mark', mark },
    });
    const isSmall = staged.sizeBytes <= this.config.provenance.bytesMax;
    // The vendor's own manifest says more than ours, and would not survive it.
    if (!isSmall || !hasManifests(staged.format) || staged.hasManifest) {
      return { staged, warning: null };
    }
    return this.signIfWanted(made, staged, staged.format);
  }

  /** Learns what the space wants, so that no picture has to wait for it. Never throws. */
  async prepare({ searchSpaceId }: Pick<PictureOrigin, 'searchSpaceId'>): Promise<void> {
    await this.spaces.getOrLast(searchSpaceId);
  }

  /** A draft with its mark, if the space wants it; null = it cannot be marked and must not be shown. */
  async markRelayed(
    origin: PictureOrigin,
    bytes: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[] | null> {
    const choice = await this.spaces.getOrLast(origin.searchSpaceId);
    if (choice && !choice.marksRelayed) return bytes;
    try {
      const editor = toEditor({ kind: 'mark', mark: toMark(origin) });
      const probe = new ImageProbe(this.config.media.pixelsMax, { editor });
      const marked = bytes.flatMap((chunk) => probe.push(chunk));
      probe.finish();
      return marked;
    } catch (error) {
      this.logger.warn(`a draft that could not be marked was not shown: ${String(error)}`);
      return null;
    }
  }

  /** The picture is never lost: it was paid for and is in the store, and what fails from here on leaves it as it was. */
  private async signIfWanted(
    made: MadePicture,
    staged: StagedMedia,
    format: 'png' | 'jpeg',
  ): Promise<MarkedPicture> {
    const choice = await this.spaces.getOrLast(made.searchSpaceId);
    if (!choice) return { staged, warning: this.identity.isAvailable ? UNKNOWN : null };
    if (!choice.signsC2pa) return { staged, warning: null };
    let bytes: Uint8Array;
    let signed: Uint8Array;
    try {
      bytes = await this.read(staged);
      const [identity, claim] = [await this.identity.get(), await this.toClaim(made)];
      signed = await this.worker.sign({ bytes, format, identity, claim });
    } catch (error) {
      this.logger.warn(`a picture of ${made.generationId} was not signed: ${String(error)}`);
      return { staged, warning: UNSIGNED };
    }
    return this.replace(made, bytes, signed);
  }

  private async replace(
    made: MadePicture,
    bytes: Uint8Array,
    signed: Uint8Array,
  ): Promise<MarkedPicture> {
    const edit = { kind: 'keep' } as const;
    try {
      return { staged: await this.media.stage(made.target, [signed], { edit }), warning: null };
    } catch (error) {
      // Signed it may be larger than a picture may be. What the place held is gone with it.
      this.logger.warn(`a signed picture of ${made.generationId} was not kept: ${String(error)}`);
      return { staged: await this.media.stage(made.target, [bytes], { edit }), warning: UNSIGNED };
    }
  }

  private async read(staged: StagedMedia): Promise<Buffer> {
    const { stream } = await this.media.openStaged(staged);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  private async toClaim(made: MadePicture) {
    const inputs = made.isComposite
      ? await this.media.findAssets([made.generationId], 'input')
      : [];
    return {
      digitalSourceType: toMark(made).digitalSourceType,
      isComposite: made.isComposite,
      version: CLAIM_VERSION,
      ingredients: inputs.map(({ role, index, format, sha256 }) => ({
        name: `${role}-${index}.${format}`,
        format,
        sha256,
      })),
    };
  }
}

function toMark({ isComposite, model, generationId }: PictureOrigin): ProvenanceMark {
  return {
    digitalSourceType: isComposite ? MADE_WITH_MODEL : MADE_BY_MODEL,
    system: model,
    generationId,
  };
}
