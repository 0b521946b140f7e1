import { DomainError } from '../../common/domain-error.js';
import { listUnsupportedOptions, toUnsupported } from '../shared/list-unsupported-options.js';
import { PictureMarks } from '../shared/picture-marks.js';
import { toTryOnPrompt } from '../shared/try-on-task.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageModel } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';
import type { GeminiImageOptionName, GeminiImageOptions } from './gemini-image-options.js';

/** `generate_content`: the Gemini models, one picture a request. `predict`: Imagen's form, as older servers speak it. */
export type GeminiDialect = 'generate_content' | 'generate_content_fixed' | 'predict';

export interface GeminiImageRequest {
  dialect: GeminiDialect;
  /** Below the base URL. */
  path: string;
  /** May be read once. */
  body: string | AsyncIterable<string>;
  /** What stands in for the caller's prompt; null = the prompt itself. */
  sentPrompt: string | null;
  warnings: ProviderWarning[];
}

const IMAGEN_NAME = /^(?:imagen|imagegeneration)/;
/** Inline pictures and all: beyond it the vendor wants its own file store (image guide, read 2026-11). */
const REQUEST_BYTES_MAX = 20_971_520;
const BASE64_GROWTH = 4 / 3;
/** Seeds are signed there. */
export const SEED_MAX = 2_147_483_647;

const HARM_CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'];

/** Pixels at 1K → shape. The newer models first, then those of Gemini 2.5 and Imagen. */
const SHAPES: Readonly<Record<string, string>> = {
  '1024x1024': '1:1',
  '848x1264': '2:3',
  '1264x848': '3:2',
  '896x1200': '3:4',
  '1200x896': '4:3',
  '928x1152': '4:5',
  '1152x928': '5:4',
  '768x1376': '9:16',
  '1376x768': '16:9',
  '1584x672': '21:9',
  '512x2064': '1:4',
  '2064x512': '4:1',
  '352x2928': '1:8',
  '2928x352': '8:1',
  '832x1248': '2:3',
  '1248x832': '3:2',
  '864x1184': '3:4',
  '1184x864': '4:3',
  '896x1152': '4:5',
  '1152x896': '5:4',
  '768x1344': '9:16',
  '1344x768': '16:9',
  '1536x672': '21:9',
  '896x1280': '3:4',
  '1280x896': '4:3',
  '768x1408': '9:16',
  '1408x768': '16:9',
};
const CLASSES: Readonly<Record<string, number>> = { '1K': 1, '2K': 2, '4K': 4, '512': 0.5 };

const COMMON_OPTIONS: readonly GeminiImageOptionName[] = ['aspect_ratio', 'image_size'];
const OPTIONS_SENT: Readonly<Record<GeminiDialect, readonly GeminiImageOptionName[]>> = {
  generate_content: [...COMMON_OPTIONS, 'thinking_level', 'temperature', 'safety_threshold'],
  generate_content_fixed: ['aspect_ratio', 'temperature', 'safety_threshold'],
  predict: [
    ...COMMON_OPTIONS,
    'safety_setting',
    'person_generation',
    'add_watermark',
    'enhance_prompt',
    'language',
  ],
};

/** Ours to the vendor's words. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToGeminiImageRequest(
  call: ImageCall,
  model: ImageModel | null,
  options: GeminiImageOptions,
): GeminiImageRequest {
  const dialect = findDialect(call, model);
  const { sent, warnings } = selectOptions(options, dialect);
  if (model) warnings.push(...listUnsupportedOptions(call, model.capabilities));
  const shape = toShape(call, sent, warnings);
  const name = encodeURIComponent(call.vendorModel ?? call.model);
  if (dialect === 'predict') {
    const body = JSON.stringify(toPredict(call, model, sent, shape));
    if (isSet(call.seed) && sent.add_watermark !== false) {
      warnings.push(toUnsupported('seed', 'this model with its watermark'));
    }
    return { dialect, path: `models/${name}:predict`, body, sentPrompt: null, warnings };
  }
  if (dialect === 'generate_content_fixed') delete shape.imageSize;
  assertInlineSize(call);
  const sentPrompt = toTryOnPrompt(call);
  const marks = new PictureMarks();
  const document = toGenerateContent({ ...call, prompt: sentPrompt ?? call.prompt }, marks, {
    ...withoutUnset({
      seed: call.seed,
      temperature: sent.temperature,
      thinkingConfig: sent.thinking_level && { thinkingLevel: sent.thinking_level },
      imageConfig: Object.keys(shape).length > 0 ? shape : null,
    }),
  });
  const safetySettings = toSafetySettings(sent.safety_threshold);
  return {
    dialect,
    path: `models/${name}:generateContent`,
    body: marks.write({ ...document, ...withoutUnset({ safetySettings }) }),
    sentPrompt,
    warnings,
  };
}

/** Models that the catalogue does not list are told apart by the vendor's own naming. */
export function findDialect(call: ImageCall, model: ImageModel | null): GeminiDialect {
  if (model?.dialect) return model.dialect as GeminiDialect;
  return IMAGEN_NAME.test(call.vendorModel ?? call.model) ? 'predict' : 'generate_content';
}

function selectOptions(
  options: GeminiImageOptions,
  dialect: GeminiDialect,
): { sent: GeminiImageOptions; warnings: ProviderWarning[] } {
  const allowed = OPTIONS_SENT[dialect];
  const sent: GeminiImageOptions = {};
  const warnings: ProviderWarning[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    if (allowed.includes(name as GeminiImageOptionName)) {
      sent[name as GeminiImageOptionName] = value;
    } else warnings.push(toUnsupported(`provider_options.${name}`, 'this model'));
  }
  return { sent, warnings };
}

/** The vendor knows shapes and classes, not pixels. A size in pixels goes before the vendor's own options. */
function toShape(
  { widthPx, heightPx }: ImageCall,
  sent: GeminiImageOptions,
  warnings: ProviderWarning[],
): { aspectRatio?: unknown; imageSize?: unknown } {
  if (widthPx === null || heightPx === null) {
    return withoutUnset({ aspectRatio: sent.aspect_ratio, imageSize: sent.image_size });
  }
  for (const name of COMMON_OPTIONS) {
    if (sent[name]) warnings.push(toUnsupported(`provider_options.${name}`, 'a call with a size'));
  }
  for (const [imageSize, factor] of Object.entries(CLASSES)) {
    const aspectRatio = SHAPES[`${widthPx / factor}x${heightPx / factor}`];
    if (aspectRatio) return { aspectRatio, imageSize };
  }
  warnings.push(toUnsupported('size', 'this model'));
  return {};
}

function toGenerateContent(
  { prompt, inputImages }: ImageCall,
  marks: PictureMarks,
  generationConfig: Record<string, unknown>,
): Record<string, unknown> {
  const pictures = inputImages.map((image) => ({
    inlineData: { mimeType: image.mediaType, data: marks.add(image) },
  }));
  return {
    contents: [{ role: 'user', parts: [{ text: prompt }, ...pictures] }],
    generationConfig: { responseModalities: ['IMAGE'], ...generationConfig },
  };
}

function toSafetySettings(threshold: unknown): unknown {
  if (threshold === undefined) return null;
  return HARM_CATEGORIES.map((name) => ({ category: `HARM_CATEGORY_${name}`, threshold }));
}

function toPredict(
  call: ImageCall,
  model: ImageModel | null,
  sent: GeminiImageOptions,
  shape: { aspectRatio?: unknown; imageSize?: unknown },
): Record<string, unknown> {
  if (call.operation !== 'generate') {
    const message = `The model ${call.model} can only generate.`;
    throw new DomainError('routing.capability_missing', message);
  }
  const { outputFormat, compression } = call;
  const outputOptions =
    outputFormat &&
    withoutUnset({
      mimeType: `image/${outputFormat}`,
      compressionQuality: outputFormat === 'jpeg' ? compression : null,
    });
  const parameters = withoutUnset({
    sampleCount: call.n,
    aspectRatio: shape.aspectRatio,
    sampleImageSize: shape.imageSize,
    seed: sent.add_watermark === false ? call.seed : null,
    addWatermark: sent.add_watermark,
    negativePrompt: model?.capabilities.negativePrompt === false ? null : call.negativePrompt,
    guidanceScale: model?.capabilities.guidance === false ? null : call.guidance,
    safetySetting: sent.safety_setting,
    personGeneration: sent.person_generation,
    enhancePrompt: sent.enhance_prompt,
    language: sent.language,
    includeRaiReason: true,
    outputOptions,
  });
  return { instances: [{ prompt: call.prompt }], parameters };
}

function assertInlineSize({ inputImages }: ImageCall): void {
  const bytes = inputImages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) * BASE64_GROWTH;
  if (bytes <= REQUEST_BYTES_MAX) return;
  const maxMegabytes = Math.floor(REQUEST_BYTES_MAX / BASE64_GROWTH / 1_000_000);
  throw DomainError.invalid('reference_images', `must be at most ${maxMegabytes} MB together`);
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function withoutUnset(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSet(value)));
}
