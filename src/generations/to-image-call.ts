import type { MediaAsset } from '../media/domain/media-asset.js';
import { toMediaType } from '../media/domain/media-asset.js';
import type { MediaService } from '../media/media.service.js';
import type { ImageCall, InputImage } from '../providers/spec/image-call.js';
import type { Connection } from '../connections/connection.js';
import type { OwnedRun } from './domain/generations.repository.port.js';

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
}

/** A stored generation as the call that a vendor gets. */
export function toImageCall(parts: CallParts): ImageCall {
  const { generation, attempt } = parts.run;
  const { options } = generation;
  const isTryOn = generation.operation === 'try_on';
  return {
    attemptId: attempt.id,
    // Under a name of its own a model is spoken to as the one it is based on.
    model: parts.connection.models.get(generation.model)?.baseModel ?? generation.model,
    vendorModel: options.vendorModel ?? null,
    operation: generation.operation,
    prompt: generation.prompt,
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
    inputImages: parts.inputs.map((asset) => toInput(asset, parts.media, isTryOn)),
    mask: parts.mask && toInput(parts.mask, parts.media, false),
    providerOptions: options.providerOptions,
    openaiOptions: options.openaiOptions,
    partialImages: options.partialImages,
    credential: parts.connection.credential,
    signal: parts.signal,
    deliver: parts.deliver,
    keep: parts.keep,
    onPartial: parts.onPartial,
  };
}

/** In a try-on the first picture is the person, the others are what is worn. */
function toInput(asset: MediaAsset, media: MediaService, isTryOn: boolean): InputImage {
  const role = isTryOn ? (asset.index === 0 ? 'person' : 'garment') : 'image';
  return {
    role,
    name: `${asset.role}-${asset.index}.${asset.format}`,
    mediaType: toMediaType(asset.format),
    sizeBytes: asset.sizeBytes,
    open: () => media.readAsset(asset),
  };
}
