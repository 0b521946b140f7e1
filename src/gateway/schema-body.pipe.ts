import type { PipeTransform } from '@nestjs/common';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { DomainError } from '../common/domain-error.js';

/**
 * Checks a body by a JSON Schema that is compiled once: what decorators on classes cost would be felt on these routes.
 * The body is handed on as it came; nothing is filled in, changed or left out.
 */
export class SchemaBodyPipe<T> implements PipeTransform<unknown, T> {
  private readonly isValid: ValidateFunction<T>;

  constructor(schema: object) {
    const ajv = new Ajv({ discriminator: true, allowUnionTypes: true, strictTypes: false });
    this.isValid = ajv.compile<T>(schema);
  }

  /** @throws DomainError `request.invalid` naming the first field at fault */
  transform(body: unknown): T {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new DomainError('request.invalid', 'The body must be a JSON object.');
    }
    if (this.isValid(body)) return body;
    throw toInvalid(this.isValid.errors?.[0]);
  }
}

function toInvalid(error: ErrorObject | undefined): DomainError {
  if (!error) return new DomainError('request.invalid', 'The body is not valid.');
  const { field, message } = explain(error, toPath(error.instancePath));
  return DomainError.invalid(field, message);
}

function explain(
  { keyword, params, message = 'is not valid' }: ErrorObject,
  path: string,
): { field: string; message: string } {
  const below = (name: unknown) => (path === '' ? String(name) : `${path}.${String(name)}`);
  if (keyword === 'additionalProperties') {
    return { field: below(params.additionalProperty), message: 'is not a field of this request' };
  }
  if (keyword === 'required') {
    return { field: below(params.missingProperty), message: 'must be given' };
  }
  if (keyword === 'discriminator') {
    return { field: below(params.tag), message: `has no value that is known here` };
  }
  if (keyword === 'enum') {
    const values = params.allowedValues as readonly unknown[];
    const known = values
      .filter((value) => value !== null)
      .map(String)
      .join(', ');
    return { field: path, message: `must be one of ${known}` };
  }
  if (keyword === 'type') return { field: path, message: `must be ${toTypes(params.type)}` };
  return { field: path || 'body', message };
}

function toTypes(type: unknown): string {
  const types = (Array.isArray(type) ? type : [type]).filter((name) => name !== 'null');
  return types.map((name) => (name === 'array' ? 'list' : String(name))).join(' or ');
}

/** `/messages/0/content` → `messages[0].content` */
function toPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => {
      if (/^\d+$/.test(part)) return `${path}[${part}]`;
      return path === '' ? part : `${path}.${part}`;
    }, '');
}
