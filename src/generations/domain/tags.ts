import { DomainError } from '../../common/domain-error.js';
import { LINE_FORM } from '../../common/text-form.js';

export const TAGS_MAX = 20;
export const TAG_CHARS_MAX = 50;

/** One spelling of a tag, however it was typed: composed letters, lower case, no space around it. */
export function toTag(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC').trim();
}

/**
 * The tags as they are kept: each once, in order.
 * @throws DomainError `request.invalid` naming the field.
 */
export function toTags(texts: readonly string[], field = 'tags'): string[] {
  const tags = texts.map((text, index) => {
    const tag = toTag(text);
    if ([...tag].length > TAG_CHARS_MAX) {
      throw DomainError.invalid(
        `${field}[${index}]`,
        `must be at most ${TAG_CHARS_MAX} characters`,
      );
    }
    if (!LINE_FORM.test(tag)) {
      throw DomainError.invalid(`${field}[${index}]`, 'must be one line of text, not blank');
    }
    return tag;
  });
  const kept = [...new Set(tags)].sort();
  if (kept.length > TAGS_MAX) throw DomainError.invalid(field, `must be at most ${TAGS_MAX} tags`);
  return kept;
}
