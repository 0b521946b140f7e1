import { type Micros, toMicros, ZERO_MICROS } from '../../common/micros.js';
import { findImageUnitPrice, type PictureSpec } from './image-unit-price.js';
import { findUnitPrice, type Price, type PricedLine } from './price.js';
import { shareMicros, totalMicros } from './total-micros.js';

/** What the vendor counted. Null = it did not tell the parts apart. */
export interface ReportedUsage {
  inputTokens: number;
  inputTextTokens: number | null;
  inputImageTokens: number | null;
  outputTokens: number;
  outputImageTokens: number | null;
  outputTextTokens: number | null;
}

/** A call for pictures, after it was made; size and quality as they were delivered, as far as that is known. */
export interface ImageChargeRequest extends PictureSpec {
  model: string;
  /** Pictures that were stored. 0 = nothing is charged. */
  delivered: number;
  /** Pictures the vendor made, when some of them were lost on the way; absent = as many as delivered. */
  made?: number;
  usage: ReportedUsage | null;
  /** The quote the call was made under. */
  quoted: { holdMicros: number; unitMicros: number };
}

export interface ImageCharge {
  chargeMicros: Micros;
  /** `usage`: by the vendor's count; `images`: by delivered picture; `nothing`: none was delivered. */
  basis: 'usage' | 'images' | 'nothing';
  /** The vendor's count was beyond belief, and was cut. */
  isCut: boolean;
}

/** A vendor that counts more than this many times what the call should cost at most is not believed. */
const PLAUSIBLE_FACTOR = 4;
const TOKENS_MAX = 100_000_000;

/** k of n delivered → k charged; rounded up once. */
export function chargeImage(prices: readonly Price[], request: ImageChargeRequest): ImageCharge {
  if (request.delivered === 0) return { chargeMicros: ZERO_MICROS, basis: 'nothing', isCut: false };
  return chargeByUsage(prices, request) ?? chargeByImage(prices, request);
}

function chargeByUsage(prices: readonly Price[], request: ImageChargeRequest): ImageCharge | null {
  const lines = request.usage ? toLines(prices, request.usage) : null;
  if (!lines) return null;
  const { delivered, made = delivered, quoted } = request;
  const counted = shareMicros(lines, delivered, Math.max(made, delivered));
  const mostMicros = Math.max(quoted.holdMicros, quoted.unitMicros * delivered) * PLAUSIBLE_FACTOR;
  const isCut = counted > mostMicros;
  return { chargeMicros: isCut ? toMicros(mostMicros) : counted, basis: 'usage', isCut };
}

function chargeByImage(prices: readonly Price[], request: ImageChargeRequest): ImageCharge {
  const { delivered, quoted } = request;
  const unit = findImageUnitPrice(prices, request.model, request);
  const chargeMicros = unit
    ? totalMicros([{ units: delivered, microsPerMillion: unit.microsPerMillion }])
    : toMicros(quoted.unitMicros * delivered);
  return { chargeMicros, basis: 'images', isCut: false };
}

/** Null: pictures have no token price here, or the count cannot be true (a picture takes tokens). */
function toLines(prices: readonly Price[], usage: ReportedUsage): PricedLine[] | null {
  const imageOut = findUnitPrice(prices, 'image_output_token');
  if (imageOut === null || !isCount(usage.inputTokens) || !isCount(usage.outputTokens)) return null;
  const inputImages = usage.inputImageTokens ?? 0;
  const outputTexts = usage.outputTextTokens ?? 0;
  const units = {
    inputText: usage.inputTextTokens ?? usage.inputTokens - inputImages,
    inputImages,
    outputImages: usage.outputImageTokens ?? usage.outputTokens - outputTexts,
    outputTexts,
  };
  if (units.outputImages === 0 || !Object.values(units).every(isCount)) return null;
  const textIn = findUnitPrice(prices, 'input_token') ?? 0;
  const imageIn = findUnitPrice(prices, 'image_input_token', 'input_token') ?? 0;
  const textOut = findUnitPrice(prices, 'output_token') ?? imageOut;
  return [
    { units: units.inputText, microsPerMillion: textIn },
    { units: units.inputImages, microsPerMillion: imageIn },
    { units: units.outputImages, microsPerMillion: imageOut },
    { units: units.outputTexts, microsPerMillion: textOut },
  ];
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= TOKENS_MAX;
}
