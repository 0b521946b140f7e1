import type { FieldFault } from '../../common/domain-error.js';
import { dollarsToMicros } from '../../common/micros.js';
import { toMicrosPerMillion, toProviderId } from './price-list.js';
import { LISTED_UNITS } from './price-unit.js';
import type { Price } from './price.js';

const NAME_LENGTH_MAX = 200;
const TEXT_FORM = /^[^\p{Cc}\p{Cs}]+$/u;
const SIZE_FORM = /^(\d{1,5}x\d{1,5}|512|1K|2K|4K)$/;
/** A hundred thousand dollars for one unit: a slip of the finger ends here. */
const DOLLARS_FORM = /^\d{1,5}(\.\d{1,12})?$/;
const CREDITS_FORM = /^\d{1,6}(\.\d{1,6})?$/;
const COUNT_MAX = 1_000_000_000_000;
/** What price lists say about a line besides; it changes no price. */
const REMARKS = ['source', 'as_of', 'status', 'confidence', 'modality', 'output_tokens', 'note'];

type Fields = Record<string, unknown>;
type Check = (value: unknown) => string | null;

const text: Check = (value) =>
  typeof value === 'string' && value.length <= NAME_LENGTH_MAX && TEXT_FORM.test(value)
    ? null
    : `must be one line of 1 to ${NAME_LENGTH_MAX} characters`;

const decimal = (form: RegExp, what: string): Check => {
  return (value) =>
    (typeof value === 'number' || typeof value === 'string') && form.test(toDecimal(value))
      ? null
      : `must be ${what}`;
};

const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= COUNT_MAX
    ? null
    : 'must be a whole number from 1';

const CHECKS: Readonly<Record<string, Check>> = {
  provider: text,
  model: text,
  unit: (value) =>
    typeof value === 'string' && Object.hasOwn(LISTED_UNITS, value)
      ? null
      : `must be one of ${Object.keys(LISTED_UNITS).join(', ')}`,
  usd: decimal(DOLLARS_FORM, 'a price in dollars, 0 or more'),
  operation: text,
  connection: text,
  size: (value) =>
    typeof value === 'string' && SIZE_FORM.test(value)
      ? null
      : 'must be a size such as 1024x1024, or 512, 1K, 2K, 4K',
  quality: text,
  pixels_max: count,
  input_tokens_above: count,
  credits: decimal(CREDITS_FORM, 'a number of credits'),
};
const NEEDED = new Set(['provider', 'model', 'unit', 'usd']);
const IMAGE_ONLY = ['size', 'quality', 'pixels_max', 'credits'];

/** A line in the form of prices.json as a price, or all that is wrong with it; `at` names the line: `lines[3]`. */
export function parsePriceLine(value: unknown, at: string): Price | FieldFault[] {
  const name = (field: string) => (at === '' ? field : `${at}.${field}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ field: at, message: 'must be a line of a price list' }];
  }
  const fields = value as Fields;
  const faults = Object.entries(CHECKS).flatMap(([field, check]) => {
    const given = fields[field] ?? null;
    const message = given === null ? (NEEDED.has(field) ? 'is missing' : null) : check(given);
    return message === null ? [] : [{ field: name(field), message }];
  });
  const unknown = Object.keys(fields).filter(
    (field) => !Object.hasOwn(CHECKS, field) && !REMARKS.includes(field),
  );
  faults.push(...unknown.map((field) => ({ field: name(field), message: 'is not known' })));
  if (fields.unit !== 'image') {
    const odd = IMAGE_ONLY.filter(
      (field) => (fields[field] ?? null) !== null && !isTold(fields, field),
    );
    faults.push(...odd.map((field) => ({ field: name(field), message: 'is for images alone' })));
  }
  return faults.length > 0 ? faults : toPrice(fields);
}

/** Lists tell the quality of a film too, which is priced by the second. */
function isTold({ unit }: Fields, field: string): boolean {
  return unit === 'second' && field === 'quality';
}

function toPrice(fields: Fields): Price {
  const known = LISTED_UNITS[fields.unit as string]!;
  const usd = toDecimal(fields.usd as number | string);
  const credits = fields.credits as number | string | null | undefined;
  return {
    provider: toProviderId(fields.provider as string),
    model: fields.model as string,
    unit: known.unit,
    operation: toText(fields.operation),
    connection: toText(fields.connection),
    size: toText(fields.size),
    quality: toText(fields.quality),
    pixelsMax: toCount(fields.pixels_max),
    inputTokensAbove: toCount(fields.input_tokens_above),
    microcredits:
      credits === undefined || credits === null ? null : dollarsToMicros(toDecimal(credits)),
    microsPerMillion: toMicrosPerMillion(dollarsToMicros(usd), known.count),
  };
}

/** `1e-7` → `0.0000001`: what a JSON number was written as may come back with an exponent. */
function toDecimal(value: number | string): string {
  const written = String(value);
  const [, digits, zeros] = /^(\d)e-(\d{1,2})$/.exec(written) ?? [];
  return digits && zeros ? `0.${digits.padStart(Number(zeros), '0')}` : written;
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toCount(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
