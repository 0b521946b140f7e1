import { type Micros, toMicros, ZERO_MICROS } from '../../common/micros.js';
import { findImageUnitPrice, type PictureSpec } from './image-unit-price.js';
import { findUnitPrice, type Price, type PricedLine } from './price.js';
import { multiplyMicros, type Portion, totalMicros } from './total-micros.js';

/** What the vendor counted. Null = it did not tell the parts apart. */
export interface ReportedUsage {
  inputTokens: number;
  inputTextTokens: number | null;
  inputImageTokens: number | null;
  /** Of the text, what the vendor had read before. */
  cachedInputTextTokens?: number | null;
  cachedInputImageTokens?: number | null;
  outputTokens: number;
  outputImageTokens: number | null;
  outputTextTokens: number | null;
  /** Millionths of the vendor's own credits. */
  microcredits?: number | null;
  /** Time of computing, rounded up. */
  seconds?: number | null;
}

/** A call for pictures, after it was made; size and quality as they were delivered, as far as that is known. */
export interface ImageChargeRequest extends PictureSpec {
  model: string;
  /** Pictures that were stored. 0 = nothing is charged. */
  delivered: number;
  /** Pictures the vendor made, when some of them were lost on the way; absent = as many as delivered. */
  made?: number;
  /** Requests that made them, for prices by request; absent = one. */
  requests?: number;
  usage: ReportedUsage | null;
  /** The quote the call was made under, by the list. */
  quoted: { listMicros: number; unitMicros: number };
  /** Basis points; absent = as listed. */
  multiplierBp?: number;
}

export interface ImageCharge {
  /** By the list, whoever pays. */
  listMicros: Micros;
  /** Multiplied: what is owed. */
  chargeMicros: Micros;
  /** `usage`: by the vendor's count; `images`: by delivered picture; `nothing`: none was delivered. */
  basis: 'usage' | 'images' | 'nothing';
  /** The vendor's count was beyond belief, and was cut. */
  isCut: boolean;
}

/** Why a charge is on the reconciliation list. */
export const IMPLAUSIBLE_USAGE = 'implausible_usage';
/** A vendor that counts more than this many times what the call should cost at most is not believed. */
const PLAUSIBLE_FACTOR = 4;
const TOKENS_MAX = 100_000_000;
/** A million credits. */
const MICROCREDITS_MAX = 1_000_000_000_000;
export const NOTHING_CHARGED: ImageCharge = {
  listMicros: ZERO_MICROS,
  chargeMicros: ZERO_MICROS,
  basis: 'nothing',
  isCut: false,
};

/** k of n delivered → k charged; rounded up once. */
export function chargeImage(prices: readonly Price[], request: ImageChargeRequest): ImageCharge {
  if (request.delivered === 0) return NOTHING_CHARGED;
  return chargeByUsage(prices, request) ?? chargeByImage(prices, request);
}

function chargeByUsage(prices: readonly Price[], request: ImageChargeRequest): ImageCharge | null {
  const lines = request.usage ? toLines(prices, request.usage) : null;
  if (!lines) return null;
  const { delivered, made = delivered, quoted, multiplierBp } = request;
  const portion: Portion = { part: delivered, whole: Math.max(made, delivered) };
  const listMicros = totalMicros(lines, portion);
  const most = Math.max(quoted.listMicros, quoted.unitMicros * delivered) * PLAUSIBLE_FACTOR;
  if (listMicros > most) return toCharge(toMicros(most), 'usage', multiplierBp, true);
  const chargeMicros = totalMicros(lines, { ...portion, multiplierBp });
  return { listMicros, chargeMicros, basis: 'usage', isCut: false };
}

function chargeByImage(prices: readonly Price[], request: ImageChargeRequest): ImageCharge {
  const { delivered, requests = 1, quoted, multiplierBp } = request;
  const unit = findImageUnitPrice(prices, request.model, request);
  const units = unit?.basis === 'request' ? requests : delivered;
  if (!unit) return toCharge(toMicros(quoted.unitMicros * units), 'images', multiplierBp);
  const lines = [{ units, microsPerMillion: unit.microsPerMillion }];
  return {
    listMicros: totalMicros(lines),
    chargeMicros: totalMicros(lines, { multiplierBp }),
    basis: 'images',
    isCut: false,
  };
}

function toCharge(
  listMicros: Micros,
  basis: ImageCharge['basis'],
  multiplierBp: number | undefined,
  isCut = false,
): ImageCharge {
  const chargeMicros =
    multiplierBp === undefined ? listMicros : multiplyMicros(listMicros, multiplierBp);
  return { listMicros, chargeMicros, basis, isCut };
}

/** Null: nothing that the vendor counted has a price here, or the count cannot be true. */
function toLines(prices: readonly Price[], usage: ReportedUsage): PricedLine[] | null {
  return toTokenLines(prices, usage) ?? toCreditLines(prices, usage) ?? toTimeLines(prices, usage);
}

/** A picture that is listed in money costs that, whatever the vendor's currency is worth. */
function toCreditLines(
  prices: readonly Price[],
  { microcredits }: ReportedUsage,
): PricedLine[] | null {
  const price = findUnitPrice(prices, 'microcredit');
  const pictures = prices.filter(({ unit }) => unit === 'image');
  const isInMoney = pictures.length > 0 && pictures.every((one) => one.microcredits === null);
  if (price === null || isInMoney || !isWhole(microcredits, MICROCREDITS_MAX)) return null;
  return [{ units: microcredits, microsPerMillion: price }];
}

function toTimeLines(prices: readonly Price[], { seconds }: ReportedUsage): PricedLine[] | null {
  const price = findUnitPrice(prices, 'second');
  if (price === null || !isWhole(seconds, TOKENS_MAX)) return null;
  return [{ units: seconds, microsPerMillion: price }];
}

/** Null: pictures have no token price here, or the count cannot be true (a picture takes tokens). */
function toTokenLines(prices: readonly Price[], usage: ReportedUsage): PricedLine[] | null {
  const imageOut = findUnitPrice(prices, 'image_output_token');
  if (imageOut === null || !isCount(usage.inputTokens) || !isCount(usage.outputTokens)) return null;
  const units = toUnits(usage);
  if (units.outputImages === 0 || !Object.values(units).every(isCount)) return null;
  const textIn = findUnitPrice(prices, 'input_token') ?? 0;
  const imageIn = findUnitPrice(prices, 'image_input_token', 'input_token') ?? 0;
  const unitPrices = {
    inputTexts: textIn,
    cachedTexts: findUnitPrice(prices, 'cached_input_token') ?? textIn,
    inputImages: imageIn,
    cachedImages: findUnitPrice(prices, 'cached_image_input_token') ?? imageIn,
    outputImages: imageOut,
    outputTexts: findUnitPrice(prices, 'output_token') ?? imageOut,
  };
  return Object.entries(unitPrices).map(([kind, microsPerMillion]) => ({
    units: units[kind as keyof typeof units],
    microsPerMillion,
  }));
}

/** Every token once: what was read from the vendor's cache is taken from what went in. */
function toUnits(usage: ReportedUsage) {
  const inputImages = usage.inputImageTokens ?? 0;
  const outputTexts = usage.outputTextTokens ?? 0;
  const cachedTexts = usage.cachedInputTextTokens ?? 0;
  const cachedImages = usage.cachedInputImageTokens ?? 0;
  return {
    inputTexts: (usage.inputTextTokens ?? usage.inputTokens - inputImages) - cachedTexts,
    cachedTexts,
    inputImages: inputImages - cachedImages,
    cachedImages,
    outputImages: usage.outputImageTokens ?? usage.outputTokens - outputTexts,
    outputTexts,
  };
}

function isCount(value: number): boolean {
  return isWhole(value, TOKENS_MAX);
}

function isWhole(value: number | null | undefined, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
