import { randomInt } from 'node:crypto';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { ComfyuiImageOptions } from './comfyui-image-options.js';
import { fillWorkflow, findWorkflow, type Slots, type Workflow } from './comfyui-workflow.js';

export interface ComfyuiImageRequest {
  /** What goes in, by the slots that take their names at the server. */
  pictures: readonly [slot: string, image: InputImage][];
  /** The graph. @param names of the uploaded pictures, by slot */
  write(names: Slots): Record<string, object>;
  /** Null = the workflow has none. */
  seed: number | null;
  preview: string | null;
  warnings: ProviderWarning[];
}

const SEED_END = 4_294_967_296;
const QUALITY = 90;

/** Ours to a graph. What was not asked for is as the workflow's data says. */
export function convertToComfyuiImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: ComfyuiImageOptions,
): ComfyuiImageRequest {
  const workflow = findWorkflow(call.model, call.operation);
  if (!workflow) throw toUnknownModel(call);
  // Without a seed of its own the server would answer with the picture that it made before.
  const seed = workflow.slots.has('seed') ? (call.seed ?? randomInt(SEED_END)) : null;
  const slots = toSlots(call, model, options);
  return {
    pictures: listPictures(call, workflow),
    write: (names) => fillWorkflow(workflow, { ...slots, ...names, seed }),
    seed,
    preview: toPreview(call),
    warnings: [
      ...listUnsentOptions(options, workflow),
      ...(model ? listUnsupportedOptions(call, model.capabilities) : []),
      ...listUnsentFields(call, workflow),
    ],
  };
}

function toSlots(call: ImageCall, model: ImageModel | null, options: ComfyuiImageOptions): Slots {
  const { checkpoint = call.vendorModel, ...others } = options as Slots;
  return {
    ...others,
    checkpoint,
    prompt: call.prompt,
    negative: call.negativePrompt ?? null,
    steps: call.steps ?? null,
    guidance: model?.capabilities.guidance === false ? null : (call.guidance ?? null),
    width: call.widthPx,
    height: call.heightPx,
    count: call.n,
    prefix: `atelier-${call.attemptId}`,
  };
}

/** The mask is one by its transparency, which is what the graph's node reads. */
function listPictures(call: ImageCall, { slots }: Workflow): [string, InputImage][] {
  const [image] = call.inputImages;
  const pictures: [string, InputImage | null | undefined][] = [
    ['image', image],
    ['mask', call.mask],
  ];
  return pictures.filter((one): one is [string, InputImage] => slots.has(one[0]) && !!one[1]);
}

/** The server saves png and turns it into something else when it is fetched. */
function toPreview({ outputFormat, compression }: ImageCall): string | null {
  if (outputFormat !== 'jpeg' && outputFormat !== 'webp') return null;
  return `${outputFormat};${compression ?? QUALITY}`;
}

function listUnsentOptions(options: ComfyuiImageOptions, { slots }: Workflow): ProviderWarning[] {
  return Object.entries(options)
    .filter(([name, value]) => value !== null && value !== undefined && !slots.has(name))
    .map(([name]) => toUnsupported(`provider_options.${name}`, 'this model'));
}

function listUnsentFields(call: ImageCall, { slots }: Workflow): ProviderWarning[] {
  const warnings: ProviderWarning[] = [];
  if (!slots.has('prompt') && call.prompt !== '') {
    warnings.push(toUnsupported('prompt', call.model));
  }
  if (call.mask && !slots.has('mask')) warnings.push(toUnsupported('mask', call.model));
  if (call.widthPx === null || slots.has('width')) return warnings;
  const message = 'the size follows the input picture';
  return [...warnings, { code: 'unsupported_option', field: 'size', message }];
}

function toUnknownModel({ model }: ImageCall): ProviderError {
  const base = { provider: 'comfyui', model, reason: 'model_not_found', canFailOver: true };
  return new ProviderError('invalid_request', base);
}
