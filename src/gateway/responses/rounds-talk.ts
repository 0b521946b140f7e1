import type { JsonValue } from '../../common/json-value.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';
import { IMAGE_TOOL, type ImageTool, toVendorChoice, toVendorTools } from './image-tool.js';
import { type ResponseItem, isOfType } from './response-item.js';

/** The calls a model made in a round. */
export interface RoundCalls {
  ours: readonly ResponseItem[];
  /** Whether the caller has functions to run as well. */
  hasOthers: boolean;
}

/** What has been said in the rounds of one answer, and what is to be said next. */
export class RoundsTalk {
  private readonly pictures: ResponseItem[] = [];
  /** What the model said in rounds before the last. */
  private readonly said: ResponseItem[] = [];
  private history: readonly ResponseItem[];
  private usage: JsonValue = null;
  private last: ResponseItem = {};

  constructor(
    private readonly request: ResponsesRequest,
    private readonly tool: ImageTool,
  ) {
    const { input } = request;
    this.history =
      typeof input === 'string'
        ? [{ role: 'user', content: input }]
        : (input as readonly ResponseItem[]);
  }

  /** The request of the next round. @param isOffered whether the model may ask for pictures (again) */
  toRequest(isOffered: boolean): ResponsesRequest {
    const { tools, tool_choice, parallel_tool_calls, stream_options, ...others } = this.request;
    void stream_options;
    const offered = toVendorTools(tools as readonly ResponseItem[], this.tool, isOffered);
    return {
      ...others,
      input: this.history,
      stream: false,
      ...(offered.length > 0 && {
        tools: offered,
        tool_choice: toVendorChoice(tool_choice, this.pictures.length > 0),
        ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
      }),
    };
  }

  /** Takes the answer of a round. */
  hear(response: ResponseItem): RoundCalls {
    this.last = response;
    this.usage = addUp(this.usage, response.usage ?? null);
    const output = listItems(response);
    const isWhole = response.status === 'completed';
    return {
      ours: isWhole ? output.filter(isOurs) : [],
      hasOthers: output.some(
        (item) =>
          (isOfType(item, 'function_call') || isOfType(item, 'custom_tool_call')) && !isOurs(item),
      ),
    };
  }

  /** What the calls of this round gave, one each, in their order. */
  tell(items: readonly ResponseItem[], outputs: readonly ResponseItem[]): void {
    this.pictures.push(...items);
    this.history = [...this.history, ...listItems(this.last).flatMap(toHistory), ...outputs];
  }

  /** The answer is not over: what was said so far stands before what comes. */
  goOn(): void {
    this.said.push(...listItems(this.last).filter((item) => isOfType(item, 'message')));
  }

  /** Ids of the generations that were made so far. */
  listGenerations(): JsonValue[] {
    return this.pictures.flatMap(({ generation_id: id }) => (id ? [id] : []));
  }

  /** The last answer of the model, with the pictures before it and the usage of all rounds. */
  toResponse(): ResponseItem {
    const { tools, tool_choice } = this.request;
    const own = listItems(this.last).filter((item) => !isOurs(item));
    return {
      ...this.last,
      output: [...this.pictures, ...this.said, ...own],
      usage: this.usage,
      tools: tools ?? [],
      tool_choice: tool_choice ?? 'auto',
    };
  }
}

/** As the next round is told: nothing is stored at the vendor, so ids there mean nothing. */
function toHistory(item: ResponseItem): ResponseItem[] {
  const { id, status, ...others } = item;
  void status;
  if (item.type !== 'reasoning') return [others];
  // Reasoning is known by its content alone, which comes to those who ask for it.
  return typeof item.encrypted_content === 'string' ? [{ ...others, id: id ?? null }] : [];
}

function isOurs(item: ResponseItem): boolean {
  return isOfType(item, 'function_call') && item.name === IMAGE_TOOL;
}

function listItems({ output }: ResponseItem): readonly ResponseItem[] {
  if (!Array.isArray(output)) return [];
  return (output as readonly JsonValue[]).filter(
    (item): item is ResponseItem => typeof item === 'object' && item !== null && !isList(item),
  );
}

/** Numbers of the same name are added; of other values the latter stands. */
function addUp(before: JsonValue, after: JsonValue): JsonValue {
  if (typeof before === 'number' && typeof after === 'number') return before + after;
  if (!isRecord(before)) return after;
  if (!isRecord(after)) return before;
  const sum: Record<string, JsonValue> = { ...before };
  for (const [name, value] of Object.entries(after)) sum[name] = addUp(sum[name] ?? null, value);
  return sum;
}

function isRecord(value: JsonValue): value is ResponseItem {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
