import { Readable } from 'node:stream';
import type { MediaAsset } from '../media/domain/media-asset.js';
import type { MediaService } from '../media/media.service.js';
import type { GenerationLinks } from '../generations/generation-links.js';
import { listBudgetWarnings } from '../generations/list-budget-warnings.js';
import type { GenerationView } from '../generations/generation-view.js';
import { encodeBase64 } from '../common/encode-base64.js';
import type { ImagesAnswerDto } from './images-answer.dto.js';

const MS_PER_S = 1_000;
/** Clients made from OpenAI's description refuse answers with others. */
const SIZES = ['1024x1024', '1024x1536', '1536x1024'];
const QUALITIES = ['low', 'medium', 'high'];
const BACKGROUNDS = ['opaque', 'transparent'];

export const isKnownSize = (size: string): boolean => SIZES.includes(size);
export const isKnownQuality = (quality: string): boolean => QUALITIES.includes(quality);
export const isKnownBackground = (background: string): boolean => BACKGROUNDS.includes(background);

/** The answer with signed links. */
export function toLinksAnswer(view: GenerationView, links: GenerationLinks): ImagesAnswerDto {
  const data = view.images.map((image) => ({ url: links.toUrl(view.generation, image) }));
  return { ...toHead(view), data, ...toTail(view) };
}

/** The answer with the pictures themselves, as JSON text that is made while it is sent. */
export function toBase64Answer(view: GenerationView, media: MediaService): Readable {
  return Readable.from(writeAnswer(view, media), { objectMode: false, encoding: 'utf8' });
}

async function* writeAnswer(view: GenerationView, media: MediaService): AsyncGenerator<string> {
  yield `${JSON.stringify(toHead(view)).slice(0, -1)},"data":[`;
  for (const [position, asset] of view.images.entries()) {
    yield `${position > 0 ? ',' : ''}{"b64_json":"`;
    yield* readBase64(asset, media);
    yield '"}';
  }
  const tail = JSON.stringify(toTail(view)).slice(1);
  yield tail === '}' ? ']}' : `],${tail}`;
}

async function* readBase64(asset: MediaAsset, media: MediaService): AsyncGenerator<string> {
  const { stream } = await media.openAsset(asset);
  yield* encodeBase64(stream);
}

function toHead({ generation }: GenerationView): { created: number } {
  return { created: Math.floor(generation.createdAt.getTime() / MS_PER_S) };
}

/** What was really made, as far as OpenAI's description has words for it; usage only where the vendor told it. */
function toTail({ generation, images }: GenerationView): Omit<ImagesAnswerDto, 'created' | 'data'> {
  const [first] = images;
  const { quality, options } = generation;
  const { background } = options;
  const size = first && `${first.widthPx}x${first.heightPx}`;
  const usage = toUsage(generation.usage);
  const budgets = listBudgetWarnings(generation);
  return {
    ...(first && { output_format: first.format }),
    ...(size && isKnownSize(size) && { size }),
    ...(quality && isKnownQuality(quality) && { quality }),
    ...(background && isKnownBackground(background) && { background }),
    ...(usage && { usage }),
    ...(budgets.length > 0 && { budget_warnings: budgets }),
  };
}

/** In OpenAI's words; null where the vendor told of no tokens. */
export function toUsage(usage: Record<string, unknown> | null): Record<string, unknown> | null {
  // A vendor that counts credits told of no tokens.
  if (!usage || usage.microcredits !== undefined) return null;
  const input = Number(usage.inputTokens ?? 0);
  const output = Number(usage.outputTokens ?? 0);
  const inputImages = Number(usage.inputImageTokens ?? 0);
  return {
    input_tokens: input,
    input_tokens_details: {
      text_tokens: Number(usage.inputTextTokens ?? input - inputImages),
      image_tokens: inputImages,
    },
    output_tokens: output,
    total_tokens: input + output,
  };
}
