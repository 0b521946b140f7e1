import { DomainError } from '../../common/domain-error.js';

const PARTS_MAX = 2_048;
const URL_FORM = /^(?:https?:\/\/\S|data:image\/)/i;

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

/** What is to be judged, checked. */
export type CheckedInput =
  | { form: 'text'; input: string; texts: readonly string[]; verdictCount: 1 }
  | { form: 'texts'; input: readonly string[]; texts: readonly string[]; verdictCount: number }
  | { form: 'parts'; input: readonly Part[]; texts: readonly string[]; verdictCount: 1 };

/**
 * One text, a list of texts, or a list of parts that belong together.
 * @throws DomainError `request.invalid` naming the item at fault
 */
export function readModerationInput(input: unknown): CheckedInput {
  if (typeof input === 'string') return { form: 'text', input, texts: [input], verdictCount: 1 };
  if (!Array.isArray(input) || input.length === 0 || input.length > PARTS_MAX) {
    const form = `a text or a list of 1 to ${PARTS_MAX} texts or parts`;
    throw DomainError.invalid('input', `must be ${form}`);
  }
  if (typeof input[0] === 'string') {
    const texts = input.map(toText);
    return { form: 'texts', input: texts, texts, verdictCount: texts.length };
  }
  const parts = input.map(toPart);
  const texts = parts.flatMap((part) => (part.type === 'text' ? part.text : []));
  return { form: 'parts', input: parts, texts, verdictCount: 1 };
}

function toText(item: unknown, index: number): string {
  if (typeof item === 'string') return item;
  throw DomainError.invalid(`input[${index}]`, 'must be a text, as the items before it are');
}

/** Exactly the documented fields: nothing else is handed on. */
function toPart(item: unknown, index: number): Part {
  const field = `input[${index}]`;
  if (typeof item !== 'object' || item === null) {
    throw DomainError.invalid(field, 'must be a part of type text or image_url');
  }
  const part = item as Record<string, unknown>;
  if (part.type === 'text') {
    assertFields(part, ['type', 'text'], field);
    if (typeof part.text === 'string') return { type: 'text', text: part.text };
    throw DomainError.invalid(`${field}.text`, 'must be a text');
  }
  if (part.type !== 'image_url') {
    throw DomainError.invalid(`${field}.type`, 'must be one of text, image_url');
  }
  assertFields(part, ['type', 'image_url'], field);
  return { type: 'image_url', image_url: { url: toUrl(part.image_url, `${field}.image_url`) } };
}

function toUrl(image: unknown, field: string): string {
  if (typeof image !== 'object' || image === null) {
    throw DomainError.invalid(field, 'must be an object with a url');
  }
  assertFields(image as Record<string, unknown>, ['url'], field);
  const { url } = image as { url?: unknown };
  if (typeof url === 'string' && URL_FORM.test(url)) return url;
  throw DomainError.invalid(`${field}.url`, 'must be an http(s) URL or a data: URL of a picture');
}

function assertFields(
  object: Record<string, unknown>,
  known: readonly string[],
  field: string,
): void {
  const unknown = Object.keys(object).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw DomainError.invalid(`${field}.${unknown}`, 'is not a field of this part');
  }
}
