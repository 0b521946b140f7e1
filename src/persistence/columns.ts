import { Column, type ColumnOptions, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { type Micros, toMicros } from '../common/micros.js';

/** Column types live here alone. Every helper takes the column's name as it stands in the migration. */
type Options = Pick<ColumnOptions, 'nullable' | 'update' | 'insert' | 'select' | 'default'>;

/** `pg` hands a bigint out as text, so that nothing is lost on the way. */
const MICROS: ValueTransformer = {
  to: (value: Micros | null | undefined) => value,
  from: (value: string | number | null) => (value === null ? null : toMicros(value)),
};

/** Primary key: a UUID made by `newId()`. */
export function IdColumn(name = 'id'): PropertyDecorator {
  return PrimaryColumn({ name, type: 'uuid' });
}

/** Id of a row here or in another room. */
export function ReferenceColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'uuid' });
}

/** Money in `Micros`. */
export function MicrosColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'bigint', transformer: MICROS });
}

/** A moment, UTC; a `Date` in code. */
export function TimeColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'timestamptz' });
}

/** Plain data: objects, lists, texts, numbers. */
export function JsonColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'jsonb' });
}

export function TextColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'text' });
}

/** |value| < 2^31. */
export function IntegerColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'integer' });
}

export function BooleanColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'boolean' });
}

/** A list of texts; a `string[]` in code. */
export function TextListColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'text', array: true });
}

/** A few raw bytes, such as a digest; a `Buffer` in code. */
export function BytesColumn(name: string, options: Options = {}): PropertyDecorator {
  return Column({ ...options, name, type: 'bytea' });
}
