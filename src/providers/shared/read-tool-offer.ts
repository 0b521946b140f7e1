import type { ChatCall } from '../spec/chat-call.js';
import { type JsonRecord, toRecord, toRecords, toText } from './read-json.js';

type ChatRequest = ChatCall['request'];

/** A function that the model may call. */
export interface OfferedTool {
  name: string;
  description: string | null;
  /** JSON schema of its arguments; null = it takes none. */
  parameters: JsonRecord | null;
}

/** `mode`: `none` = it must not call, `auto` = it may, `required` = it must call one of `tools`. */
export interface ToolOffer {
  mode: 'none' | 'auto' | 'required';
  tools: readonly OfferedTool[];
}

/** Tokens that the answer may have; null = not bounded by the caller. */
export function toOutputTokensMax(request: ChatRequest): number | null {
  const most = request.max_completion_tokens ?? request.max_tokens;
  return typeof most === 'number' ? most : null;
}

export function toStops({ stop }: ChatRequest): string[] {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.filter((one): one is string => typeof one === 'string') : [];
}

/** Functions alone: tools of other kinds are for the vendor to refuse. */
export function toToolOffer(request: ChatRequest): ToolOffer {
  const tools = toRecords(request.tools).flatMap((tool) => toOfferedTool(tool) ?? []);
  const choice = request.tool_choice;
  if (typeof choice === 'string') return { mode: toMode(choice), tools };
  const named = toRecord(choice);
  const name = toText(toRecord(named?.function)?.name);
  if (name !== null) {
    return { mode: 'required', tools: tools.filter((tool) => tool.name === name) };
  }
  const allowed = toRecord(named?.allowed_tools);
  if (!allowed) return { mode: 'auto', tools };
  const names = toRecords(allowed.tools).map((tool) => toText(toRecord(tool.function)?.name));
  return {
    mode: toMode(allowed.mode),
    tools: tools.filter((tool) => names.includes(tool.name)),
  };
}

function toOfferedTool(tool: JsonRecord): OfferedTool | null {
  const offered = toRecord(tool.function);
  const name = toText(offered?.name);
  if (name === null) return null;
  return {
    name,
    description: toText(offered?.description),
    parameters: toRecord(offered?.parameters),
  };
}

function toMode(choice: unknown): ToolOffer['mode'] {
  return choice === 'none' || choice === 'required' ? choice : 'auto';
}
