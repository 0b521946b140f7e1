import { countCharacters } from '../../common/count-characters.js';
import { PROMPT_CHARS_MAX } from '../../common/prompt-length.js';
import { TEXT_FORM } from '../../common/text-form.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';
import { CALL_PICTURES_MAX, IMAGE_TOOL, type ImageTool } from './image-tool.js';
import { type ResponseItem, readText } from './response-item.js';

export const PICTURE_ITEM = 'generate_image_call';

/** One picture of an answer. */
export interface ShownPicture {
  /** A signed link, which expires. */
  url: string;
  alt: string;
}

/** What became of one call of the tool; `error` null = at least one picture was made. */
export interface PictureOutcome {
  generationId: string | null;
  images: readonly ShownPicture[];
  error: { code: string; message: string } | null;
}

/** What the model asks for. */
export interface PictureWish {
  prompt: string;
  n: number;
}

/** @returns a sentence for the model where its arguments are no wish */
export function readWish(call: ResponseItem, tool: ImageTool): PictureWish | string {
  const given = parseArguments(readText(call.arguments));
  const prompt = readText(given?.prompt);
  if (prompt.trim() === '') return 'The arguments must be a JSON object with a prompt.';
  if (!TEXT_FORM.test(prompt)) {
    return 'The prompt must not hold NUL characters or broken surrogate pairs.';
  }
  if (countCharacters(prompt) > PROMPT_CHARS_MAX) {
    return `The prompt is too long: at most ${PROMPT_CHARS_MAX} characters.`;
  }
  const n = tool.n ?? given?.n ?? 1;
  if (!Number.isInteger(n) || Number(n) < 1 || Number(n) > CALL_PICTURES_MAX) {
    return `n must be a whole number from 1 to ${CALL_PICTURES_MAX}.`;
  }
  return { prompt, n: Number(n) };
}

/** As the final answer tells of it. */
export function toPictureItem(call: ResponseItem, outcome: PictureOutcome): ResponseItem {
  const { generationId, images, error } = outcome;
  const callId = readText(call.call_id);
  return {
    type: PICTURE_ITEM,
    id: `igc_${generationId ?? callId}`,
    call_id: callId,
    status: error ? 'failed' : 'completed',
    generation_id: generationId,
    prompt: readText(parseArguments(readText(call.arguments))?.prompt),
    images: images.map(({ url, alt }) => ({ url, alt })),
    count: images.length,
    ...(error && { error: { ...error } }),
  };
}

/** As the model is told of it: the function it called, and its result. */
export function toFunctionItems(item: ResponseItem): readonly ResponseItem[] {
  const { prompt = '', images = [], count = 0, error = null } = item;
  const call_id = readText(item.call_id) || readText(item.id) || IMAGE_TOOL;
  const made = JSON.stringify({ images, count });
  const told = readText((error as ResponseItem | null)?.message);
  return [
    { type: 'function_call', call_id, name: IMAGE_TOOL, arguments: JSON.stringify({ prompt }) },
    {
      type: 'function_call_output',
      call_id,
      output: told === '' ? made : JSON.stringify({ error: told }),
    },
  ];
}

/** A client sends back what it was answered: our items in words that vendors know. */
export function tellPictureItems(request: ResponsesRequest): ResponsesRequest {
  const { input } = request;
  if (!Array.isArray(input)) return request;
  const items = input as readonly ResponseItem[];
  if (!items.some(({ type }) => type === PICTURE_ITEM)) return request;
  return {
    ...request,
    input: items.flatMap((item) => (item.type === PICTURE_ITEM ? toFunctionItems(item) : [item])),
  };
}

function parseArguments(text: string): ResponseItem | null {
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isRecord ? (value as ResponseItem) : null;
  } catch {
    return null;
  }
}
