import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { PictureMarks } from '../shared/picture-marks.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import type { VertexImageOptions } from './vertex-image-options.js';

export interface VertexImageRequest {
  /** Below the project and its place. */
  path: string;
  /** The body; its pictures are read as it is sent. May be called again. */
  write(): string | AsyncIterable<string>;
  /** With it the picture can be made again; null = not known. */
  seed: number | null;
  warnings: ProviderWarning[];
}

/** The vendor's pages say 7 or 10 MB for a picture in the request: beyond both it is refused here. */
const PICTURE_BYTES_MAX = 10_000_000;
const PICTURE_TYPES = ['image/png', 'image/jpeg'];
const FORMATS = ['png', 'jpeg'];

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToVertexImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: VertexImageOptions,
): VertexImageRequest {
  const { person, garment } = findPictures(call);
  const { labels, ...others } = options;
  const takesSeed = others.add_watermark === false;
  const parameters = withoutUnset({
    sampleCount: call.n,
    baseSteps: call.steps,
    seed: takesSeed ? call.seed : null,
    addWatermark: others.add_watermark,
    personGeneration: others.person_generation,
    safetySetting: others.safety_setting,
    outputOptions: toOutputOptions(call),
  });
  const name = encodeURIComponent(call.vendorModel ?? call.model);
  return {
    path: `publishers/google/models/${name}:predict`,
    write: () => {
      const marks = new PictureMarks();
      const toImage = (image: InputImage) => ({
        image: { bytesBase64Encoded: marks.add(image), mimeType: image.mediaType },
      });
      const instance = { personImage: toImage(person), productImages: [toImage(garment)] };
      return marks.write({ instances: [instance], parameters, ...withoutUnset({ labels }) });
    },
    // Of several samples, which seed made which is not told.
    seed: takesSeed && call.n === 1 ? (call.seed ?? null) : null,
    warnings: [
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...listUnsent(call, takesSeed),
    ],
  };
}

/**
 * Who wears what: by their roles, else in their order.
 * @throws DomainError `routing.capability_missing`, `request.invalid`
 */
function findPictures({ model, operation, inputImages }: ImageCall): {
  person: InputImage;
  garment: InputImage;
} {
  if (operation !== 'try_on') {
    const message = `The model ${model} can only try on. Ask for operation try_on, or choose another model.`;
    throw new DomainError('routing.capability_missing', message);
  }
  const person = inputImages.find(({ role }) => role === 'person') ?? inputImages[0];
  const garment = inputImages.find((image) => image !== person);
  if (!person || !garment) {
    throw DomainError.invalid('reference_images', 'must be a person and a garment');
  }
  for (const { mediaType, sizeBytes } of [person, garment]) {
    if (!PICTURE_TYPES.includes(mediaType)) {
      throw DomainError.invalid('reference_images', 'must be png or jpeg for this model');
    }
    if (sizeBytes > PICTURE_BYTES_MAX) {
      const megabytes = PICTURE_BYTES_MAX / 1_000_000;
      throw DomainError.invalid('reference_images', `must be at most ${megabytes} MB each`);
    }
  }
  return { person, garment };
}

function toOutputOptions({ outputFormat, compression }: ImageCall): object | null {
  if (!outputFormat || !FORMATS.includes(outputFormat)) return null;
  const compressionQuality = outputFormat === 'jpeg' ? compression : null;
  return withoutUnset({ mimeType: `image/${outputFormat}`, compressionQuality });
}

/** What the common words say that a try-on takes otherwise, or not at all. */
function listUnsent(call: ImageCall, takesSeed: boolean): ProviderWarning[] {
  const warnings: ProviderWarning[] = [];
  if (call.prompt !== '') warnings.push(toUnsupported('prompt', call.model));
  if (isSet(call.seed) && !takesSeed) {
    warnings.push(toUnsupported('seed', 'this model with its watermark'));
  }
  if (call.outputFormat && !FORMATS.includes(call.outputFormat)) {
    warnings.push(toUnsupported('output_format', call.model));
  }
  if (call.widthPx === null) return warnings;
  const message = 'the size follows the picture of the person';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function withoutUnset(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSet(value)));
}
