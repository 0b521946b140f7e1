import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { DomainError, type FieldFault } from '../common/domain-error.js';

const FAULTS_SHOWN_MAX = 20;

/** Refuses unknown fields and wrong types, naming every field at fault by its path, with one reason each. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) => toInvalid(errors),
  });
}

/** One 400 for all faults; its message is about the first. */
export function toInvalid(errors: ValidationError[]): DomainError {
  const fields = errors.flatMap((error) => toFaults(error, '')).slice(0, FAULTS_SHOWN_MAX);
  const message = fields.map((fault) => `${fault.field}: ${fault.message}`).join('; ');
  return new DomainError('request.invalid', message || 'The request is not valid.', { fields });
}

function toFaults(error: ValidationError, parent: string): FieldFault[] {
  const field = toPath(parent, error.property);
  // The rule that stands first on the property comes last here, and says most: its type.
  const own = Object.values(error.constraints ?? {})
    .slice(-1)
    .map((message) => ({ field, message: withoutName(message, error.property) }));
  return [...own, ...(error.children ?? []).flatMap((child) => toFaults(child, field))];
}

function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

function toPath(parent: string, property: string): string {
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}
