/** Proves that each helper names its column and gives it a type that no compiler has to guess. */
import { Entity, getMetadataArgsStorage } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { type Micros, toMicros } from '../common/micros.js';
import {
  BooleanColumn,
  IdColumn,
  IntegerColumn,
  JsonColumn,
  MicrosColumn,
  ReferenceColumn,
  TextColumn,
  TextListColumn,
  TimeColumn,
} from './columns.js';

@Entity('things')
class Thing {
  @IdColumn() id: string;
  @ReferenceColumn('space_id') spaceId: string;
  @MicrosColumn('price_micros', { nullable: true }) priceMicros: Micros | null;
  @TimeColumn('made_at') madeAt: Date;
  @JsonColumn('extra') extra: object;
  @TextColumn('note') note: string;
  @IntegerColumn('count') count: number;
  @BooleanColumn('is_on') isOn: boolean;
  @TextListColumn('words') words: string[];
}

const columns = new Map(
  getMetadataArgsStorage()
    .filterColumns(Thing)
    .map(({ propertyName, options }) => [propertyName, options]),
);

describe('column helpers', () => {
  it.each([
    ['id', 'id', 'uuid'],
    ['spaceId', 'space_id', 'uuid'],
    ['priceMicros', 'price_micros', 'bigint'],
    ['madeAt', 'made_at', 'timestamptz'],
    ['extra', 'extra', 'jsonb'],
    ['note', 'note', 'text'],
    ['count', 'count', 'integer'],
    ['isOn', 'is_on', 'boolean'],
    ['words', 'words', 'text'],
  ])('make %s the column %s of type %s', (property, name, type) => {
    expect(columns.get(property)).toMatchObject({ name, type });
  });

  it('read money from the text in which the driver hands it out, exactly', () => {
    const { transformer } = columns.get('priceMicros')!;
    const { from, to } = transformer as {
      from: (value: unknown) => unknown;
      to: (value: unknown) => unknown;
    };
    expect(from('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect([from(null), to(toMicros(7)), to(null)]).toEqual([null, 7, null]);
    expect(() => from('9007199254740993')).toThrow('micros');
  });
});
