import type { JsonValue } from '../../common/json-value.js';
import { type ResponseItem, isOfType, readText } from './response-item.js';

/** So many characters of a text come at once. */
const DELTA_CHARS = 400;

/** An event without its number. */
type Event = ResponseItem & { type: string };

/** A whole response as the events by which the API would have told of it. */
export function* toResponseEvents(response: ResponseItem): Generator<string> {
  let number = 0;
  for (const event of listEvents(response)) {
    yield `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: number })}\n\n`;
    number += 1;
  }
}

function* listEvents(response: ResponseItem): Generator<Event> {
  const begun = { ...response, status: 'in_progress', output: [], usage: null };
  const start = { ...begun, incomplete_details: null };
  yield { type: 'response.created', response: start };
  yield { type: 'response.in_progress', response: start };
  const output = response.output as readonly ResponseItem[];
  for (const [output_index, item] of output.entries()) yield* listItemEvents(item, output_index);
  const end = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
  yield { type: end, response };
}

function* listItemEvents(item: ResponseItem, output_index: number): Generator<Event> {
  yield { type: 'response.output_item.added', output_index, item: toBegun(item) };
  const at = { item_id: readText(item.id), output_index };
  if (isOfType(item, 'message')) yield* listMessageEvents(item, at);
  if (isOfType(item, 'function_call')) {
    const whole = readText(item.arguments);
    const type = 'response.function_call_arguments';
    for (const delta of cut(whole)) yield { type: `${type}.delta`, ...at, delta };
    yield { type: `${type}.done`, ...at, name: readText(item.name), arguments: whole };
  }
  if (isOfType(item, 'custom_tool_call')) {
    const input = readText(item.input);
    for (const delta of cut(input)) {
      yield { type: 'response.custom_tool_call_input.delta', ...at, delta };
    }
    yield { type: 'response.custom_tool_call_input.done', ...at, input };
  }
  yield { type: 'response.output_item.done', output_index, item };
}

function* listMessageEvents({ content }: ResponseItem, place: ResponseItem): Generator<Event> {
  const parts: readonly (ResponseItem | null)[] = Array.isArray(content) ? content : [];
  for (const [content_index, part] of parts.entries()) {
    // A vendor's list may hold anything.
    if (typeof part !== 'object' || part === null) continue;
    const at = { ...place, content_index };
    const field = isOfType(part, 'refusal') ? 'refusal' : 'text';
    const begun = { ...part, [field]: '', ...(field === 'text' && { annotations: [] }) };
    yield { type: 'response.content_part.added', ...at, part: begun };
    yield* listTextEvents(part, field, at);
    yield { type: 'response.content_part.done', ...at, part };
  }
}

function* listTextEvents(
  part: ResponseItem,
  field: 'text' | 'refusal',
  at: ResponseItem,
): Generator<Event> {
  const type = field === 'text' ? 'response.output_text' : 'response.refusal';
  const whole = readText(part[field]);
  const logprobs: ResponseItem = field === 'text' ? { logprobs: [] } : {};
  for (const delta of cut(whole)) yield { type: `${type}.delta`, ...at, delta, ...logprobs };
  const annotations = Array.isArray(part.annotations) ? (part.annotations as JsonValue[]) : [];
  for (const [annotation_index, annotation] of annotations.entries()) {
    yield { type: `${type}.annotation.added`, ...at, annotation_index, annotation };
  }
  yield { type: `${type}.done`, ...at, [field]: whole, ...logprobs };
}

/** An item before anything of it came. */
function toBegun(item: ResponseItem): ResponseItem {
  if (isOfType(item, 'message')) return { ...item, status: 'in_progress', content: [] };
  if (isOfType(item, 'function_call')) return { ...item, status: 'in_progress', arguments: '' };
  if (isOfType(item, 'custom_tool_call')) return { ...item, input: '' };
  return item;
}

/** Between characters, never inside of one. */
function cut(text: string): string[] {
  const characters = [...text];
  const count = Math.ceil(characters.length / DELTA_CHARS);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * DELTA_CHARS, (index + 1) * DELTA_CHARS).join(''),
  );
}
