import { DomainError } from '../common/domain-error.js';
import { type ModelFault, refuseModelFaults } from './shared/model-lack.js';
import { describeSizes, isSizePossible } from './size-rule.js';
import type {
  GarmentCategory,
  ImageBackground,
  ImageCapabilities,
  ImageFormat,
  ImageModel,
  ImageOperation,
} from './spec/image-model.js';

/** What decides whether a model can do a request. Null and absent = left to the model. */
export interface ImageRequestShape {
  operation: ImageOperation;
  prompt: string;
  n: number;
  /** Both or neither. */
  widthPx: number | null;
  heightPx: number | null;
  /** Whether width and height only say a shape; absent = no. */
  isShape?: boolean;
  quality?: string | null;
  style?: string | null;
  outputFormat?: ImageFormat | null;
  background?: ImageBackground | null;
  inputImageCount: number;
  /** Where the garments of a try-on are worn, as far as it was told. */
  garmentCategories?: readonly GarmentCategory[];
  hasMask: boolean;
}

const INPUT_IMAGES_MIN: Readonly<Record<ImageOperation, number>> = {
  generate: 0,
  edit: 1,
  inpaint: 1,
  variation: 1,
  try_on: 2,
  outpaint: 1,
  upscale: 1,
  remove_background: 1,
};

/** Whether the vendor no longer answers for this model at this moment. */
export function isRetired(model: Pick<ImageModel, 'status' | 'shutdownDate'>, now: Date): boolean {
  if (model.status === 'retired') return true;
  return model.shutdownDate !== null && now >= new Date(`${model.shutdownDate}T00:00:00Z`);
}

/**
 * Refuses, before anything is held or sent, what this model cannot do. Options that merely have no effect on it (seed,
 * guidance…) are not refused: they come back as warnings.
 * @throws DomainError `routing.model_retired` naming the successor, `routing.capability_missing` for the operation or
 *   naming every field that the model does not take, `request.invalid` for what no model takes.
 */
export function checkCapability(model: ImageModel, request: ImageRequestShape, now: Date): void {
  if (isRetired(model, now)) throw toRetired(model);
  const { capabilities } = model;
  if (!capabilities.operations.includes(request.operation)) {
    throw new DomainError(
      'routing.capability_missing',
      `The model ${model.id} cannot do the operation ${request.operation}; it can: ${capabilities.operations.join(', ')}.`,
      {
        fields: [{ field: 'operation', message: `is not one of ${model.id}` }],
        details: { model: model.id, operations: capabilities.operations },
      },
    );
  }
  refuseModelFaults(model.id, [
    ...checkPrompt(capabilities, request),
    ...checkCount(capabilities, request),
    ...checkSize(capabilities, request),
    ...checkChoices(capabilities, request),
    ...checkInputs(capabilities, request),
    ...checkGarments(capabilities, request),
  ]);
}

function toRetired(model: ImageModel): DomainError {
  const since = model.shutdownDate ? ` on ${model.shutdownDate}` : '';
  const instead = model.successor ? `Use ${model.successor} instead.` : 'Choose another model.';
  return new DomainError(
    'routing.model_retired',
    `The model ${model.id} was shut down by its vendor${since}. ${instead}`,
    {
      fields: [{ field: 'model', message: 'was shut down' }],
      details: { model: model.id, successor: model.successor },
    },
  );
}

function checkPrompt(capabilities: ImageCapabilities, request: ImageRequestShape): ModelFault[] {
  const { promptCharsMax } = capabilities;
  // Code units are at least as many as characters: counting is only needed beyond the bound.
  if (request.prompt.length <= promptCharsMax) return [];
  if ([...request.prompt].length <= promptCharsMax) return [];
  return [
    { field: 'prompt', message: `must have at most ${promptCharsMax} characters`, isLack: true },
  ];
}

function checkCount(capabilities: ImageCapabilities, request: ImageRequestShape): ModelFault[] {
  const { nMax } = capabilities;
  if (Number.isInteger(request.n) && request.n >= 1 && request.n <= nMax) return [];
  const message = nMax === 1 ? 'must be 1' : `must be a whole number from 1 to ${nMax}`;
  return [{ field: 'n', message, isLack: Number.isInteger(request.n) && request.n > nMax }];
}

function checkSize(capabilities: ImageCapabilities, request: ImageRequestShape): ModelFault[] {
  const { widthPx, heightPx } = request;
  if (widthPx === null || heightPx === null) return [];
  if (isSizePossible(capabilities.sizes, { widthPx, heightPx })) return [];
  return [{ field: 'size', message: describeSizes(capabilities.sizes), isLack: true }];
}

/** An option the model does not know at all only warns; a value outside the ones it knows is refused. */
function checkChoices(capabilities: ImageCapabilities, request: ImageRequestShape): ModelFault[] {
  const { quality, style, outputFormat, background } = request;
  const faults = [
    ...checkChoice('quality', quality, capabilities.qualities),
    ...checkChoice('style', style, capabilities.styles),
    ...checkChoice('output_format', outputFormat, capabilities.formats),
  ];
  if (background !== 'transparent') return faults;
  if (!capabilities.backgrounds.includes('transparent')) {
    faults.push({ field: 'background', message: 'cannot be transparent', isLack: true });
  } else if (outputFormat === 'jpeg') {
    const message = 'can be transparent in png and webp only';
    faults.push({ field: 'background', message, isLack: false });
  }
  return faults;
}

function checkChoice(
  field: string,
  value: string | null | undefined,
  allowed: readonly string[],
): ModelFault[] {
  if (value === null || value === undefined || value === 'auto') return [];
  if (allowed.length === 0 || allowed.includes(value)) return [];
  return [{ field, message: `must be one of ${allowed.join(', ')}`, isLack: true }];
}

function checkInputs(capabilities: ImageCapabilities, request: ImageRequestShape): ModelFault[] {
  const { operation, inputImageCount, hasMask } = request;
  const min = INPUT_IMAGES_MIN[operation];
  const max = operation === 'generate' ? 0 : capabilities.inputImagesMax;
  const faults: ModelFault[] = [];
  if (inputImageCount < min) {
    faults.push({
      field: 'reference_images',
      message: `must hold at least ${min} for ${operation}`,
      isLack: false,
    });
  } else if (inputImageCount > max) {
    const message = max === 0 ? `are not used by ${operation}` : `must hold at most ${max}`;
    faults.push({ field: 'reference_images', message, isLack: max > 0 });
  }
  if (hasMask && (!capabilities.mask || (operation !== 'edit' && operation !== 'inpaint'))) {
    const isLack = operation === 'edit' || operation === 'inpaint';
    faults.push({ field: 'mask', message: `is not used by ${operation}`, isLack });
  } else if (!hasMask && operation === 'inpaint') {
    faults.push({ field: 'mask', message: 'is needed for inpaint', isLack: false });
  }
  return faults;
}

function checkGarments(capabilities: ImageCapabilities, request: ImageRequestShape): ModelFault[] {
  const known = capabilities.garmentCategories;
  const lacking = request.garmentCategories?.find((one) => one !== 'auto' && !known?.includes(one));
  if (!known || !lacking) return [];
  const message = `${lacking} is not what this model dresses people in: ${known.join(', ')}`;
  return [{ field: 'garment_category', message, isLack: true }];
}
