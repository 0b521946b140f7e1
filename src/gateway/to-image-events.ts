import type { Generation } from '../generations/domain/generation.js';
import { listBudgetWarnings } from '../generations/list-budget-warnings.js';
import type { GenerationView } from '../generations/generation-view.js';
import type { MediaService } from '../media/media.service.js';
import type { PartialImage } from '../providers/spec/image-call.js';
import { encodeBase64 } from '../common/encode-base64.js';
import { isKnownBackground, isKnownQuality, isKnownSize, toUsage } from './to-images-answer.js';

export type ImageEventFamily = 'image_generation' | 'image_edit';

/** What goes over the line while nothing happens; clients read over it. */
export const PING = ': ping\n\n';
const MS_PER_S = 1_000;
/** OpenAI's form of the last event needs a usage: of what no tokens are counted, none were used. */
const NO_TOKENS = {
  input_tokens: 0,
  input_tokens_details: { text_tokens: 0, image_tokens: 0 },
  output_tokens: 0,
  total_tokens: 0,
};

/** A draft, as text that is made while it is sent. */
export async function* writePartial(
  family: ImageEventFamily,
  partial: PartialImage,
  { quality, options }: Generation,
): AsyncGenerator<string> {
  const facts = {
    created_at: Math.floor(Date.now() / MS_PER_S),
    size: toWord(partial.size, isKnownSize),
    quality: toWord(partial.quality ?? quality, isKnownQuality),
    background: toWord(partial.background ?? options.background, isKnownBackground),
    output_format: partial.outputFormat ?? options.outputFormat ?? 'png',
    partial_image_index: partial.index,
  };
  yield* writeEvent(`${family}.partial_image`, each(partial.bytes), facts);
}

/** One event for each picture, read from the store. What was used stands in the last one, so that the sum is right. */
export async function* writeCompleted(
  family: ImageEventFamily,
  view: GenerationView,
  media: MediaService,
): AsyncGenerator<string> {
  const { generation, images } = view;
  const last = images.length - 1;
  const budgets = listBudgetWarnings(generation);
  for (const [position, image] of images.entries()) {
    const { stream } = await media.openAsset(image);
    yield* writeEvent(`${family}.completed`, stream, {
      created_at: Math.floor((generation.finishedAt ?? generation.createdAt).getTime() / MS_PER_S),
      size: toWord(`${image.widthPx}x${image.heightPx}`, isKnownSize),
      quality: toWord(generation.quality, isKnownQuality),
      background: toWord(generation.options.background, isKnownBackground),
      output_format: image.format,
      usage: (position === last && toUsage(generation.usage)) || NO_TOKENS,
      model: generation.model,
      provider: generation.provider,
      ...(position === last && budgets.length > 0 && { budget_warnings: budgets }),
    });
  }
}

export function toErrorEvent(body: object): string {
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

async function* writeEvent(
  type: string,
  bytes: AsyncIterable<Uint8Array>,
  facts: object,
): AsyncGenerator<string> {
  yield `event: ${type}\ndata: {"type":"${type}","b64_json":"`;
  yield* encodeBase64(bytes);
  yield `",${JSON.stringify(facts).slice(1)}\n\n`;
}

/** Clients made from OpenAI's description refuse other words. */
function toWord(value: string | null | undefined, isKnown: (value: string) => boolean): string {
  return value && isKnown(value) ? value : 'auto';
}

async function* each(bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}
