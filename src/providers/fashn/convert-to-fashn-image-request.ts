import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { PictureMarks } from '../shared/picture-marks.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { GarmentCategory, ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import type { FashnImageOptions } from './fashn-image-options.js';

export interface FashnImageRequest {
  /** The body; its pictures are read as it is sent. */
  write(): string | AsyncIterable<string>;
  warnings: ProviderWarning[];
}

/** What the vendor calls where a garment is worn; it dresses nobody in accessories. */
const CATEGORIES: Readonly<Record<GarmentCategory, string | null>> = {
  upper_body: 'tops',
  lower_body: 'bottoms',
  dress: 'one-pieces',
  full_body: 'one-pieces',
  accessory: null,
  auto: 'auto',
};
const FORMATS = ['png', 'jpeg'];

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToFashnImageRequest(
  call: ImageCall,
  model: ImageModel,
  options: FashnImageOptions,
): FashnImageRequest {
  const { person, garment } = findPictures(call);
  const hasFormat = FORMATS.includes(call.outputFormat ?? '');
  return {
    write: () => {
      const marks = new PictureMarks();
      const toData = (image: InputImage) => `data:${image.mediaType};base64,${marks.add(image)}`;
      const inputs = {
        ...options,
        model_image: toData(person),
        garment_image: toData(garment),
        category: garment.category ? CATEGORIES[garment.category] : null,
        seed: call.seed,
        num_samples: call.n,
        output_format: hasFormat ? call.outputFormat : null,
      };
      const set = Object.entries(inputs).filter(([, value]) => isSet(value));
      const document = { model_name: call.vendorModel ?? call.model };
      return marks.write({ ...document, inputs: Object.fromEntries(set) });
    },
    warnings: [...listUnsupportedOptions(call, model.capabilities), ...listUnsent(call, hasFormat)],
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
  if (person && garment) return { person, garment };
  throw DomainError.invalid('reference_images', 'must be a person and a garment');
}

/** What the common words say that a try-on takes otherwise, or not at all. */
function listUnsent(call: ImageCall, hasFormat: boolean): ProviderWarning[] {
  const warnings: ProviderWarning[] = [];
  if (call.prompt !== '') warnings.push(toUnsupported('prompt', call.model));
  if (call.outputFormat && !hasFormat) warnings.push(toUnsupported('output_format', call.model));
  if (call.widthPx === null) return warnings;
  const message = 'the size follows the picture of the person';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}
