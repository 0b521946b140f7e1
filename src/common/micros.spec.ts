/** Proves that decimal prices become whole micros without a binary fraction in between. */
import { describe, expect, it } from 'vitest';
import { divideUp, dollarsToMicros } from './micros.js';

describe('dollars to micros', () => {
  it.each([
    [5, 5_000_000],
    [0.00588, 5_880],
    ['0.00588', 5_880],
    [0.1 + 0.2, 300_001],
    [2.5e-7, 1],
    [1e-7, 1],
    ['1e2', 100_000_000],
    ['0.000001', 1],
    ['0.0000010000000000000000000001', 2],
    [0, 0],
    ['9007199254.740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (dollars, micros) => {
    expect(dollarsToMicros(dollars)).toBe(micros);
  });

  it.each([
    -1,
    Number.NaN,
    Infinity,
    '',
    '1,5',
    '.5',
    '5.',
    '0x10',
    ' 1',
    '1e400',
    '9007199254.740992',
  ])('refuses %s', (dollars) => {
    expect(() => dollarsToMicros(dollars)).toThrow();
  });
});

describe('lots', () => {
  it.each([
    [0, 3, 0],
    [1, 3, 1],
    [3, 3, 1],
    [7, 3, 3],
    [Number.MAX_SAFE_INTEGER, 2, 4_503_599_627_370_496],
  ])('share %i by %i in %i', (units, perLot, lots) => {
    expect(divideUp(units, perLot)).toBe(lots);
  });
});
