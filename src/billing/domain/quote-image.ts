import { divideUp, type Micros } from '../../common/micros.js';
import { findImageUnitPrice, type ImagePriceBasis, type PictureSpec } from './image-unit-price.js';
import { findUnitPrice, type Price, type PricedLine } from './price.js';
import { totalMicros } from './total-micros.js';

/** A call for pictures, before it is made. */
export interface ImageQuoteRequest extends PictureSpec {
  model: string;
  /** Pictures asked for, 1 or more. */
  n: number;
  /** The prompt as UTF-8. */
  promptBytes: number;
  /** Pictures sent along, the mask included. */
  inputImages: number;
  /** Drafts shown on the way; absent = none. */
  partialImages?: number;
  /** Basis points; absent = as listed. */
  multiplierBp?: number;
}

export interface ImageQuote {
  /** The most that the call should cost, multiplied: what is held. */
  holdMicros: Micros;
  /** The same by the list. */
  listMicros: Micros;
  /** One picture by the list, rounded up. */
  unitMicros: Micros;
  basis: ImagePriceBasis;
}

/** No tokenizer makes more tokens of a text than one for three bytes of it, but for rare scripts. */
const BYTES_PER_TOKEN = 3;
/** About 1,024 tokens were seen for a square picture and 1,536 for a long one; twice that is held. */
const INPUT_IMAGE_TOKENS = 3_072;
/** What OpenAI counts for each draft of a picture. */
const PARTIAL_IMAGE_TOKENS = 100;
/** Text and reasoning that come along with a picture where text output has a price. */
const OUTPUT_TEXT_TOKENS = 2_048;

/** Null = there is no price for such a picture. */
export function quoteImage(
  prices: readonly Price[],
  request: ImageQuoteRequest,
): ImageQuote | null {
  const unit = findImageUnitPrice(prices, request.model, request);
  if (!unit) return null;
  const { n, multiplierBp } = request;
  const { microsPerMillion } = unit;
  const lines = [{ units: n, microsPerMillion }, ...toTokenLines(prices, request)];
  return {
    holdMicros: totalMicros(lines, { multiplierBp }),
    listMicros: totalMicros(lines),
    unitMicros: totalMicros([{ units: 1, microsPerMillion }]),
    basis: unit.basis,
  };
}

/** Where pictures are priced by token, text and pictures that go in cost too, for every picture that comes out. */
function toTokenLines(prices: readonly Price[], request: ImageQuoteRequest): PricedLine[] {
  const { n, promptBytes, inputImages, partialImages = 0 } = request;
  const picturePrice = findUnitPrice(prices, 'image_output_token');
  if (picturePrice === null) return [];
  const textPrice = findUnitPrice(prices, 'input_token') ?? 0;
  const imagePrice = findUnitPrice(prices, 'image_input_token', 'input_token') ?? 0;
  const outputPrice = findUnitPrice(prices, 'output_token') ?? 0;
  return [
    { units: n * divideUp(promptBytes, BYTES_PER_TOKEN), microsPerMillion: textPrice },
    { units: n * inputImages * INPUT_IMAGE_TOKENS, microsPerMillion: imagePrice },
    { units: n * partialImages * PARTIAL_IMAGE_TOKENS, microsPerMillion: picturePrice },
    { units: n * OUTPUT_TEXT_TOKENS, microsPerMillion: outputPrice },
  ];
}
