/** What OpenAI's images API takes and counts, written from its documents and not from the product's code. */

export interface ImageFields {
  model: string;
  prompt: string;
  n: number;
  size: string;
  quality: string;
  outputFormat: 'png' | 'jpeg' | 'webp';
  background: string;
  responseFormat: string | null;
}

/** A refusal of the vendor: 400 with these words. */
export interface Refusal {
  status: number;
  message: string;
  type: string;
  code: string;
  param: string | null;
}

const LEGACY = ['dall-e-2', 'dall-e-3'];
const FIXED_SIZES = ['1024x1024', '1536x1024', '1024x1536'];
const LEGACY_SIZES: Record<string, string[]> = {
  'dall-e-2': ['256x256', '512x512', '1024x1024'],
  'dall-e-3': ['1024x1024', '1792x1024', '1024x1792'],
};
const FREE_SIZE = /^gpt-image-(2|2\.5|2\.6)(-|$)/;
const GPT_FIELDS = new Set(
  'prompt model n size quality background moderation output_format output_compression stream partial_images complexity safety_identifier user'.split(
    ' ',
  ),
);
const EDIT_FIELDS = new Set(
  'prompt model n size quality background input_fidelity output_format output_compression stream partial_images complexity safety_identifier user image image[] mask markup'.split(
    ' ',
  ),
);
const LEGACY_FIELDS = new Set(
  'prompt model n size quality style response_format user image image[] mask'.split(' '),
);

export function isLegacy(model: string): boolean {
  return LEGACY.includes(model);
}

/** The fields with their defaults, or what the vendor finds wrong with them. */
export function readFields(
  given: Record<string, unknown>,
  isEdit: boolean,
): { fields: ImageFields } | { refusal: Refusal } {
  const model = toText(given.model, 'dall-e-2');
  const legacy = isLegacy(model);
  const allowed = legacy ? LEGACY_FIELDS : isEdit ? EDIT_FIELDS : GPT_FIELDS;
  const unknown = Object.keys(given).find((name) => !allowed.has(name));
  if (unknown !== undefined) {
    return refuse('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown);
  }
  const fields: ImageFields = {
    model,
    prompt: toText(given.prompt, ''),
    n: Number(given.n ?? 1),
    size: toText(given.size, legacy ? '1024x1024' : 'auto'),
    quality: toText(given.quality, legacy ? 'standard' : 'auto'),
    outputFormat: toText(given.output_format, 'png') as ImageFields['outputFormat'],
    background: toText(given.background, 'auto'),
    responseFormat: toText(given.response_format, '') || null,
  };
  const refusal = checkFields(fields, given);
  if (refusal) return { refusal };
  return { fields: resolveAuto(fields) };
}

function checkFields(fields: ImageFields, given: Record<string, unknown>): Refusal | null {
  const { model, n } = fields;
  if (fields.prompt === '') return value('prompt', 'a text is required');
  if (fields.prompt.length > 32_000) return value('prompt', 'too long');
  if (!Number.isInteger(n) || n < 1 || n > (model === 'dall-e-3' ? 1 : 10)) return value('n', n);
  if (!isSizeTaken(model, fields.size)) return value('size', fields.size);
  if (!isQualityTaken(model, fields.quality)) return value('quality', fields.quality);
  if (!['png', 'jpeg', 'webp'].includes(fields.outputFormat)) {
    return value('output_format', fields.outputFormat);
  }
  if (!['auto', 'opaque', 'transparent'].includes(fields.background)) {
    return value('background', fields.background);
  }
  if (fields.background === 'transparent' && fields.outputFormat === 'jpeg') {
    return value('background', 'transparent needs png or webp');
  }
  if (given.output_compression !== undefined && fields.outputFormat === 'png') {
    return value('output_compression', 'only for jpeg and webp');
  }
  if (given.input_fidelity !== undefined && /^gpt-image-2(-|$)/.test(model)) {
    return {
      ...value('input_fidelity', 'not on this model'),
      code: 'invalid_input_fidelity_model',
    };
  }
  return null;
}

function isSizeTaken(model: string, size: string): boolean {
  const legacySizes = LEGACY_SIZES[model];
  if (legacySizes) return legacySizes.includes(size);
  if (size === 'auto' || FIXED_SIZES.includes(size)) return true;
  const [width, height] = size.split('x').map(Number);
  if (!FREE_SIZE.test(model) || !width || !height) return false;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const pixels = width * height;
  return (
    width % 16 === 0 &&
    height % 16 === 0 &&
    long <= 3 * short &&
    long <= 3840 &&
    pixels <= 3840 * 2160 &&
    pixels >= 655_360
  );
}

function isQualityTaken(model: string, quality: string): boolean {
  if (isLegacy(model)) return ['standard', 'hd'].includes(quality);
  const more = /^gpt-image-2\.[56]/.test(model) ? ['xhigh', 'max'] : [];
  return ['auto', 'low', 'medium', 'high', ...more].includes(quality);
}

function resolveAuto(fields: ImageFields): ImageFields {
  return {
    ...fields,
    size: fields.size === 'auto' ? '1024x1024' : fields.size,
    quality: fields.quality === 'auto' ? 'medium' : fields.quality,
    background: fields.background === 'auto' ? 'opaque' : fields.background,
  };
}

export function toText(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function value(param: string, found: unknown): Refusal {
  return refuse('invalid_value', `Invalid value for '${param}': '${String(found)}'.`, param)
    .refusal;
}

function refuse(code: string, message: string, param: string | null): { refusal: Refusal } {
  return { refusal: { status: 400, message, type: 'invalid_request_error', code, param } };
}

const GRID: Record<string, Record<string, number>> = {
  'gpt-image-2': { low: 16, medium: 48, high: 96 },
  'gpt-image-2.5': { low: 16, medium: 24, high: 48, xhigh: 64, max: 96 },
  'gpt-image-2.6': { low: 34, medium: 48, high: 48, xhigh: 64, max: 96 },
};
const TABLE: Record<string, Record<string, number>> = {
  '1024x1024': { low: 272, medium: 1056, high: 4160 },
  '1024x1536': { low: 408, medium: 1584, high: 6240 },
  '1536x1024': { low: 400, medium: 1568, high: 6208 },
};

/** `usage` of an answer, by the published formula. */
export function countUsage(fields: ImageFields, inputImages: number): Record<string, unknown> {
  const family = /^gpt-image-2(\.\d)?(?=-|$)/.exec(fields.model)?.[0] ?? '';
  const perImage = GRID[family]
    ? countGrid(GRID[family][fields.quality] ?? 0, fields.size)
    : (TABLE[fields.size]?.[fields.quality] ?? 0);
  const text = Math.ceil(Buffer.byteLength(fields.prompt) / 4);
  const images = inputImages * 1024;
  const output = perImage * fields.n;
  return {
    input_tokens: text + images,
    input_tokens_details: { text_tokens: text, image_tokens: images },
    output_tokens: output,
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
    total_tokens: text + images + output,
  };
}

function countGrid(side: number, size: string): number {
  const [width = 0, height = 0] = size.split('x').map(Number);
  const exact = (side * Math.min(width, height)) / Math.max(width, height);
  const down = Math.floor(exact);
  const isHalf = exact - down === 0.5;
  const other = isHalf ? down + (down % 2) : Math.round(exact);
  return Math.ceil((side * other * (2_000_000 + width * height)) / 4_000_000);
}
