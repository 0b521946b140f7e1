import { DomainError } from '../common/domain-error.js';

/** The same refusal, with the field that it is about. */
export function atField(error: unknown, field: string): unknown {
  if (!(error instanceof DomainError) || error.fields.length > 0) return error;
  return new DomainError(error.code, `${field}: ${error.message}`, {
    details: error.details,
    fields: [{ field, message: error.message }],
    cause: error,
  });
}
