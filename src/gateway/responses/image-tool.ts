import { DomainError } from '../../common/domain-error.js';
import type { JsonValue } from '../../common/json-value.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';
import type { ResponseItem } from './response-item.js';

/** The type of our tool, and the name of the function by which the vendor knows it. */
export const IMAGE_TOOL = 'generate_image';
/** Most pictures of one call of the tool. */
export const CALL_PICTURES_MAX = 4;

/** What the caller says of the pictures; null = left to the service, or, of `n`, to the model. */
export interface ImageTool {
  model: string | null;
  size: string | null;
  quality: string | null;
  n: number | null;
}

/** @throws DomainError `request.invalid` for a second one, or a tool of the caller's own under its name */
export function findImageTool({ tools }: ResponsesRequest): ImageTool | null {
  if (!Array.isArray(tools)) return null;
  const list = tools as readonly ResponseItem[];
  const at = list.findIndex(({ type }) => type === IMAGE_TOOL);
  if (at === -1) return null;
  const other = list.findIndex(
    ({ type, name }, index) => index !== at && (type === IMAGE_TOOL || name === IMAGE_TOOL),
  );
  if (other !== -1) throw toTaken(list[other]!, other);
  const { model = null, size = null, quality = null, n = null } = list[at]!;
  return { model, size, quality, n } as ImageTool;
}

/** The tools as the vendor is to see them; without ours where it may not be used any more. */
export function toVendorTools(
  tools: readonly ResponseItem[],
  tool: ImageTool,
  isOffered: boolean,
): ResponseItem[] {
  return tools.flatMap((one) => {
    if (one.type !== IMAGE_TOOL) return [one];
    return isOffered ? [toFunction(tool)] : [];
  });
}

/** As OpenAI has it for its own tools: what must be called must be called once. */
export function toVendorChoice(choice: JsonValue | undefined, hasDrawn: boolean): JsonValue {
  if (choice === undefined || choice === null) return 'auto';
  if (typeof choice === 'string') return hasDrawn && choice === 'required' ? 'auto' : choice;
  const { type, mode, tools } = choice as ResponseItem;
  if (type === 'allowed_tools' && Array.isArray(tools)) {
    return {
      ...(choice as ResponseItem),
      mode: hasDrawn ? 'auto' : (mode ?? 'auto'),
      tools: (tools as readonly ResponseItem[]).map(toFunctionName),
    };
  }
  if (type !== IMAGE_TOOL && !hasDrawn) return choice;
  return hasDrawn ? 'auto' : toFunctionName(choice as ResponseItem);
}

function toFunctionName(choice: ResponseItem): ResponseItem {
  return choice.type === IMAGE_TOOL ? { type: 'function', name: IMAGE_TOOL } : choice;
}

function toFunction({ n }: ImageTool): ResponseItem {
  const count = {
    type: 'integer',
    minimum: 1,
    maximum: CALL_PICTURES_MAX,
    description: 'How many pictures of it; 1 unless several are wanted.',
  };
  return {
    type: 'function',
    name: IMAGE_TOOL,
    description:
      'Makes pictures from a description. Answers with links, alt texts and the count; show them as Markdown images.',
    parameters: {
      type: 'object',
      properties: {
        prompt: { type: 'string', description: 'What the picture shows, in full.' },
        ...(n === null && { n: count }),
      },
      required: ['prompt'],
      additionalProperties: false,
    },
    strict: false,
  };
}

function toTaken({ type }: ResponseItem, index: number): DomainError {
  if (type === IMAGE_TOOL) {
    return DomainError.invalid(`tools[${index}]`, `is a second ${IMAGE_TOOL}: send one of them`);
  }
  return DomainError.invalid(
    `tools[${index}].name`,
    `must not be ${IMAGE_TOOL} beside the tool of that type: rename the function`,
  );
}
