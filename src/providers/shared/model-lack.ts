import { DomainError, type FieldFault } from '../../common/domain-error.js';

/** Where a caller finds a model that has what this one lacks. */
const INSTEAD = 'or choose another model: GET /api/v1/models tells what each takes';

/** A field that a model does not take as it is written. */
export interface ModelFault extends FieldFault {
  /** Whether another model may take it; else the request itself is at fault. */
  isLack: boolean;
}

/**
 * What a model or its vendor lacks, of a request that is well-formed.
 * @param message what the field must be, or is, for this model
 */
export function toModelLack(field: string, message: string): DomainError {
  return new DomainError('routing.capability_missing', `${field} ${message}; ${INSTEAD}`, {
    fields: [{ field, message }],
  });
}

/**
 * @throws DomainError naming every field at fault: `request.invalid` where the request itself is, whatever the model,
 *   else `routing.capability_missing`
 */
export function refuseModelFaults(model: string, faults: readonly ModelFault[]): void {
  const wrong = faults.find(({ isLack }) => !isLack);
  const first = wrong ?? faults[0];
  if (!first) return;
  const told = `${first.field} ${first.message} with ${model}`;
  const fields = faults.map(({ field, message }) => ({ field, message }));
  throw new DomainError(
    wrong ? 'request.invalid' : 'routing.capability_missing',
    wrong ? told : `${told}; ${INSTEAD}`,
    { fields, details: { model } },
  );
}
