import type { JsonValue } from '../../common/json-value.js';
import { DomainError } from '../../common/domain-error.js';
import { toAttachmentTokens, TOKENS_PER_IMAGE } from './held-attachment.js';
import type { ChatReading, ChatRequest, SentText } from './read-chat-request.js';

/** A body of OpenAI's `POST /responses` that has passed its schema. */
export type ResponsesRequest = ChatRequest;

/** UTF-8 bytes of a token at the least. */
const BYTES_PER_TOKEN = 3;
const TOKENS_PER_ITEM = 8;
/** Fields of a part or item in which a caller writes for the model. */
const TEXT_FIELDS: readonly string[] = [
  'content',
  'text',
  'output',
  'arguments',
  'refusal',
  'input',
];
const PICTURES: readonly unknown[] = [
  'input_image',
  'computer_screenshot',
  'image_generation_call',
];
/** Items stand in items no deeper than this. */
const DEPTH_MAX = 4;

type Item = Readonly<Record<string, JsonValue>>;

/** What of a request decides who can take it and what it may cost. */
export function readResponsesRequest(request: ResponsesRequest): ChatReading {
  const tally = new Tally();
  tally.takeValue(request.instructions, 'instructions');
  tally.takeValue(request.input, 'input');
  const { tools, text, max_output_tokens: outputTokens } = request;
  const hasTools = Array.isArray(tools) && tools.length > 0;
  if (hasTools) tally.addHidden(JSON.stringify(tools));
  const format = (text as Item | null | undefined)?.format as Item | null | undefined;
  if (format) tally.addHidden(JSON.stringify(format));
  return {
    inputTokens: tally.toTokens(),
    outputTokens: typeof outputTokens === 'number' ? outputTokens : null,
    answers: 1,
    hasImages: tally.images > 0,
    hasTools,
    needsJsonSchema: format?.type === 'json_schema',
    isStream: request.stream === true,
    texts: tally.texts,
  };
}

/** Adds up what goes in. */
class Tally {
  readonly texts: SentText[] = [];
  images = 0;
  private textBytes = 0;
  private tokens = 0;

  takeValue(value: JsonValue | undefined, field: string, depth = 0): void {
    if (typeof value === 'string') this.takeText(value, field);
    else if (isItem(value)) this.takeItem(value, field, depth);
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length; index += 1) {
      const item: JsonValue = value[index];
      if (isItem(item)) this.takeItem(item, `${field}[${index}]`, depth);
      else this.addHidden(JSON.stringify(item));
    }
  }

  addHidden(text: string): void {
    this.textBytes += Buffer.byteLength(text);
  }

  toTokens(): number {
    return this.tokens + Math.ceil(this.textBytes / BYTES_PER_TOKEN);
  }

  private takeItem(item: Item, field: string, depth: number): void {
    this.tokens += TOKENS_PER_ITEM;
    if (item.file_id !== undefined && item.file_id !== null) throw toStored(`${field}.file_id`);
    if (item.type === 'item_reference') throw toStored(field);
    if (PICTURES.includes(item.type)) {
      this.images += 1;
      this.tokens += TOKENS_PER_IMAGE;
      return;
    }
    if (item.file_url) throw toElsewhere(`${field}.file_url`);
    if (item.type === 'input_file' || item.type === 'input_audio') {
      this.tokens += toAttachmentTokens(JSON.stringify(item).length, item.file_data);
      return;
    }
    for (const name of Object.keys(item)) {
      const value = item[name];
      if (TEXT_FIELDS.includes(name) && depth < DEPTH_MAX) {
        this.takeValue(value, `${field}.${name}`, depth + 1);
      } else if (typeof value === 'string') this.addHidden(value);
      else if (typeof value === 'object' && value !== null) this.addHidden(JSON.stringify(value));
    }
  }

  private takeText(text: string, field: string): void {
    this.addHidden(text);
    if (text !== '') this.texts.push({ field, text });
  }
}

function isItem(value: JsonValue | undefined): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How long it is, and so what it costs, only the vendor would see. */
function toElsewhere(field: string): DomainError {
  return DomainError.invalid(field, 'is not offered here: send the file itself, as file_data');
}

/** What is stored at a vendor belongs to the account there, which tenants share. */
function toStored(field: string): DomainError {
  return DomainError.invalid(
    field,
    'names what a vendor has stored, which is not offered here: send it whole',
  );
}
