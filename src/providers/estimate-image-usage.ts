import type { ImageRequestShape } from './check-capability.js';
import { formatSize, parseSize, type PixelSize } from './size-rule.js';
import type { ImageModel, OutputTokenRule } from './spec/image-model.js';
import type { ImageUsage } from './spec/image-result.js';

/** Ordinary text has four bytes a token and more; three keep the estimate on the safe side. */
const BYTES_PER_TOKEN_MIN = 3;
/** The most one input picture was seen to count for (OpenAI, 1536x1024; providers-openai 1.6, 2026-11). */
const INPUT_IMAGE_TOKENS = 1_536;
/** Terms of OpenAI's formula for GPT Image 2 and later (calculator of its image guide, read 2026-11). */
const PIXELS_BASE = 2_000_000;
const PIXELS_SCALE = 4_000_000;

/** What a request will count for, so that money can be held before the vendor says; null = not priced by token. */
export function estimateImageUsage(
  model: ImageModel,
  request: ImageRequestShape,
): ImageUsage | null {
  if (!model.outputTokens) return null;
  const perImage = countOutputTokens(
    model.outputTokens,
    toSize(model, request),
    toQuality(model, request),
  );
  if (perImage === null) return null;
  const inputTextTokens = Math.ceil(Buffer.byteLength(request.prompt) / BYTES_PER_TOKEN_MIN);
  const inputImageTokens = request.inputImageCount * INPUT_IMAGE_TOKENS;
  return {
    inputTokens: inputTextTokens + inputImageTokens,
    inputTextTokens,
    inputImageTokens,
    outputTokens: perImage * request.n,
    outputImageTokens: perImage * request.n,
    outputTextTokens: 0,
  };
}

/** Output tokens of one picture; null = the rule has no figure for it. */
export function countOutputTokens(
  rule: OutputTokenRule,
  size: PixelSize,
  quality: string,
): number | null {
  if (rule.kind === 'table') return rule.tokens[formatSize(size)]?.[quality] ?? null;
  const cells = rule.cells[quality];
  if (cells === undefined) return null;
  const { widthPx, heightPx } = size;
  const shorter = Math.min(widthPx, heightPx);
  const longer = Math.max(widthPx, heightPx);
  const rows = roundHalfToEven((cells * shorter) / longer);
  return Math.ceil((cells * rows * (PIXELS_BASE + widthPx * heightPx)) / PIXELS_SCALE);
}

function toSize(model: ImageModel, request: ImageRequestShape): PixelSize {
  const { widthPx, heightPx } = request;
  if (widthPx !== null && heightPx !== null) return { widthPx, heightPx };
  return parseSize(model.assumed.size) as PixelSize;
}

function toQuality(model: ImageModel, request: ImageRequestShape): string {
  const quality = request.quality ?? 'auto';
  return quality === 'auto' ? (model.assumed.quality ?? quality) : quality;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
