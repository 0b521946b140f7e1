import { DomainError } from '../../common/domain-error.js';

/** One option of a vendor: returns what is wrong with a value, or null. */
export type OptionCheck = (value: unknown) => string | null;

export function oneOf(...allowed: readonly string[]): OptionCheck {
  return (value) =>
    typeof value === 'string' && allowed.includes(value)
      ? null
      : `must be one of ${allowed.join(', ')}`;
}

export function wholeNumber(min: number, max: number): OptionCheck {
  return (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? null
      : `must be a whole number from ${min} to ${max}`;
}

export function numberBetween(min: number, max: number): OptionCheck {
  return (value) =>
    typeof value === 'number' && value >= min && value <= max
      ? null
      : `must be a number from ${min} to ${max}`;
}

export function yesOrNo(): OptionCheck {
  return (value) => (typeof value === 'boolean' ? null : 'must be true or false');
}

export function text(charsMax: number): OptionCheck {
  return (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= charsMax
      ? null
      : `must be a text of 1 to ${charsMax} characters`;
}

/**
 * Strict with our callers: every option known, every value in its range. Absent and null mean not set.
 * @throws DomainError `request.invalid` naming all options at fault
 */
export function readProviderOptions<K extends string>(
  provider: string,
  checks: Readonly<Record<K, OptionCheck>>,
  options: Readonly<Record<string, unknown>>,
): Partial<Record<K, unknown>> {
  const known = Object.keys(checks).join(', ');
  const fields = Object.entries(options)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ({
      field: `provider_options.${name}`,
      message: Object.hasOwn(checks, name)
        ? checks[name as K](value)
        : `is not an option of ${provider}; it has: ${known}`,
    }))
    .filter((fault): fault is { field: string; message: string } => fault.message !== null);
  const [first] = fields;
  if (first) {
    throw new DomainError('request.invalid', `${first.field} ${first.message}`, { fields });
  }
  return { ...options } as Partial<Record<K, unknown>>;
}
