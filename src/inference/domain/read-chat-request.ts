import type { JsonValue } from '../../common/json-value.js';
import { toAttachmentTokens, TOKENS_PER_IMAGE } from './held-attachment.js';

/** A body of OpenAI's `POST /chat/completions` that has passed its schema. */
export type ChatRequest = Readonly<Record<string, JsonValue>>;

/** A text that a caller sends, and where it stands. */
export interface SentText {
  /** `messages[0].content` */
  field: string;
  text: string;
}

/** What of a chat request decides who can take it and what it may cost. */
export interface ChatReading {
  /** Rather too many than too few. */
  inputTokens: number;
  /** Asked for; null = left to the model. */
  outputTokens: number | null;
  /** How many answers are asked for. */
  answers: number;
  hasImages: boolean;
  hasTools: boolean;
  needsJsonSchema: boolean;
  isStream: boolean;
  /** What a reader of prompts looks at: everything written for the model, without pictures. */
  texts: readonly SentText[];
}

/** UTF-8 bytes of a token at the least, over all scripts: so never too few are held. */
const BYTES_PER_TOKEN = 3;
/** Of the frame of a message: role, name, separators. */
const TOKENS_PER_MESSAGE = 8;

/** Beside messages and tools: what servers put into the prompt, or charge like a part of it. */
const READ_BY_MODELS = [
  'prediction',
  'chat_template_kwargs',
  'provider_options',
  'tool_choice',
  'function_call',
] as const;
/** Of a message: what is counted by itself, or is no text for the model. */
const FRAME_OF_MESSAGE: ReadonlySet<string> = new Set(['role', 'content', 'tool_call_id']);
/** Of a part, likewise. */
const FRAME_OF_PART: ReadonlySet<string> = new Set([
  'type',
  'text',
  'image_url',
  'input_audio',
  'file',
]);

type Part = Readonly<Record<string, JsonValue>>;

export function readChatRequest(request: ChatRequest): ChatReading {
  const tally = new Tally();
  const messages = request.messages as readonly Part[];
  for (let index = 0; index < messages.length; index += 1) {
    tally.takeMessage(messages[index]!, `messages[${index}]`);
  }
  const tools = [request.tools, request.functions].filter(isFilledList);
  for (const list of tools) tally.addText(JSON.stringify(list));
  tally.judgeAll(request.tools, 'description', 'tools');
  for (const name of READ_BY_MODELS) tally.addValue(request[name]);
  const format = request.response_format as Part | null | undefined;
  const needsJsonSchema = format?.type === 'json_schema';
  if (needsJsonSchema) tally.addText(JSON.stringify(format));
  return {
    inputTokens: tally.toTokens(),
    outputTokens: toCount(request.max_completion_tokens) ?? toCount(request.max_tokens),
    answers: toCount(request.n) ?? 1,
    hasImages: tally.images > 0,
    hasTools: tools.length > 0,
    needsJsonSchema,
    isStream: request.stream === true,
    texts: tally.texts,
  };
}

/** Tokens of a text of which nothing else is known, rather too many than too few. */
export function toTokensMax(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** Adds up what the messages hold. */
class Tally {
  readonly texts: SentText[] = [];
  images = 0;
  private textBytes = 0;
  private tokens = 0;

  takeMessage(message: Part, at: string): void {
    this.tokens += TOKENS_PER_MESSAGE;
    this.takeContent(message.content, `${at}.content`);
    this.addOthers(message, FRAME_OF_MESSAGE);
    this.judge(message.refusal, `${at}.refusal`);
    this.judge(message.name, `${at}.name`);
    this.judgeAll(message.tool_calls, 'arguments', `${at}.tool_calls`);
  }

  addText(text: string): void {
    this.textBytes += Buffer.byteLength(text);
  }

  /** Whatever is written there a server may give its model to read. */
  addValue(value: JsonValue | undefined): void {
    if (value === null || value === undefined) return;
    this.addText(typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** To be looked at; its tokens are counted elsewhere. */
  judge(text: JsonValue | undefined, field: string): void {
    if (typeof text === 'string' && text !== '') this.texts.push({ field, text });
  }

  /** Of functions that are offered or called, what was written for the model. */
  judgeAll(list: JsonValue | undefined, name: 'description' | 'arguments', field: string): void {
    if (!Array.isArray(list)) return;
    for (let index = 0; index < list.length; index += 1) {
      const { function: called } = list[index] as { function?: Part };
      this.judge(called?.[name], `${field}[${index}].function.${name}`);
    }
  }

  private addOthers(fields: Part, frame: ReadonlySet<string>): void {
    for (const name of Object.keys(fields)) if (!frame.has(name)) this.addValue(fields[name]);
  }

  toTokens(): number {
    return this.tokens + Math.ceil(this.textBytes / BYTES_PER_TOKEN);
  }

  private takeContent(content: JsonValue | undefined, field: string): void {
    if (typeof content === 'string') {
      this.takeText(content, field);
      return;
    }
    if (!Array.isArray(content)) return;
    const texts: string[] = [];
    for (const part of content as readonly Part[]) {
      this.takePart(part);
      if (typeof part.text === 'string') texts.push(part.text);
    }
    // As one: what is written over several parts is read in one go.
    this.takeText(texts.join('\n'), field);
  }

  private takePart(part: Part): void {
    this.addOthers(part, FRAME_OF_PART);
    if (part.type === 'image_url') {
      this.images += 1;
      this.tokens += TOKENS_PER_IMAGE;
    } else if (part.type === 'input_audio' || part.type === 'file') {
      this.takeAttachment(JSON.stringify(part[part.type]), part.file as Part | undefined);
    }
  }

  private takeAttachment(json: string, file: Part | undefined): void {
    this.tokens += toAttachmentTokens(json.length, file?.file_data);
  }

  private takeText(text: string, field: string): void {
    this.addText(text);
    if (text !== '') this.texts.push({ field, text });
  }
}

function isFilledList(value: JsonValue | undefined): value is JsonValue[] {
  return Array.isArray(value) && value.length > 0;
}

function toCount(value: JsonValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
