import type { JsonValue } from '../../common/json-value.js';

/** An item of a response's `input` or `output`, or a `response` itself. */
export type ResponseItem = Readonly<Record<string, JsonValue>>;

export function isOfType(item: ResponseItem, type: string): boolean {
  return item.type === type;
}

/** A text of an item; empty where it has none. */
export function readText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
