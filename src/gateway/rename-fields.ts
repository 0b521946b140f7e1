import { DomainError } from '../common/domain-error.js';

/** The same refusal in the words of the form that the caller sent. */
export function renameFields(error: unknown, rename: (field: string) => string): unknown {
  if (!(error instanceof DomainError) || error.fields.length === 0) return error;
  const fields = error.fields.map((fault) => ({ ...fault, field: rename(fault.field) }));
  const message = error.fields.reduce(
    (text, { field }) => text.replace(field, rename(field)),
    error.message,
  );
  const { code, details, retryAfterS, answerStatus, cause } = error;
  return new DomainError(code, message, { details, fields, retryAfterS, answerStatus, cause });
}

/** `reference_images[0].url` → `images[0].image_url`. */
export function toJsonEditField(field: string): string {
  return field
    .replace(/^reference_images/, 'images')
    .replace(/^((?:images\[\d+\])|mask)\.(?:url|data)$/, '$1.image_url');
}

/** Of a form that names its files `image`. */
export function toFormField(field: string): string {
  return field.replace(/^reference_images(?:\[\d+\])?/, 'image');
}
