import type { MediaAsset } from '../media/domain/media-asset.js';
import { toMediaType } from '../media/domain/media-asset.js';
import type { MediaService } from '../media/media.service.js';
import type { ImageCall, InputImage } from '../providers/spec/image-call.js';
import type { Connection } from '../connections/connection.js';
import { toSentPrompt } from './domain/generation.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import type { StoredTryOn } from './domain/try-on.js';

export interface CallParts {
  run: OwnedRun;
  connection: Connection;
  inputs: readonly MediaAsset[];
  mask: MediaAsset | null;
  media: MediaService;
  signal: AbortSignal;
  deliver: ImageCall['deliver'];
  keep: ImageCall['keep'];
  onPartial: ImageCall['onPartial'];
  onProgress: ImageCall['onProgress'];
  isWatched: ImageCall['isWatched'];
}

/** As try-ons were told before they said who wears what. */
const FIRST_IS_PERSON: StoredTryOn = { person: 0, categories: [] };

/** A stored generation as the call that a vendor gets. */
export function toImageCall(parts: CallParts): ImageCall {
  const { generation, attempt } = parts.run;
  const { options } = generation;
  const tryOn = generation.operation === 'try_on' ? (options.tryOn ?? FIRST_IS_PERSON) : null;
  return {
    attemptId: attempt.id,
    // Under a name of its own a model is spoken to as the one it is based on.
    model: parts.connection.models.get(generation.model)?.baseModel ?? generation.model,
    vendorModel: options.vendorModel ?? null,
    operation: generation.operation,
    prompt: toSentPrompt(generation),
    n: generation.n,
    widthPx: options.widthPx,
    heightPx: options.heightPx,
    quality: generation.quality,
    style: options.style,
    seed: options.seed,
    negativePrompt: options.negativePrompt,
    guidance: options.guidance,
    steps: options.steps,
    outputFormat: options.outputFormat,
    background: options.background,
    compression: options.compression,
    inputImages: toInputs(parts, tryOn),
    mask: parts.mask && toInput(parts.mask, parts.media, null),
    providerOptions: options.providerOptions,
    openaiOptions: options.openaiOptions,
    partialImages: options.partialImages,
    credential: parts.connection.credential,
    signal: parts.signal,
    deliver: parts.deliver,
    keep: parts.keep,
    onPartial: parts.onPartial,
    onProgress: parts.onProgress,
    isWatched: parts.isWatched,
  };
}

/** In a try-on the person comes first, whatever its place was. */
function toInputs({ inputs, media }: CallParts, tryOn: StoredTryOn | null): InputImage[] {
  const images = inputs.map((asset) => toInput(asset, media, tryOn));
  const persons = images.filter(({ role }) => role === 'person');
  return [...persons, ...images.filter(({ role }) => role !== 'person')];
}

function toInput(asset: MediaAsset, media: MediaService, tryOn: StoredTryOn | null): InputImage {
  const role = tryOn === null ? 'image' : asset.index === tryOn.person ? 'person' : 'garment';
  return {
    role,
    category: tryOn?.categories[asset.index] ?? null,
    name: `${asset.role}-${asset.index}.${asset.format}`,
    mediaType: toMediaType(asset.format),
    sizeBytes: asset.sizeBytes,
    open: () => media.readAsset(asset),
  };
}
