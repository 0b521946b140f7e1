/** Proves that the built-in list can be imported as it is, and that a faulty line is named field by field. */
import { describe, expect, it } from 'vitest';
import listed from '../data/prices.json' with { type: 'json' };
import { parsePriceLine } from './parse-price-line.js';
import { toPrices } from './price-list.js';
import { toLifetime } from './price-status.js';

const LINE = { provider: 'fal', model: 'schnell', unit: 'image', usd: 0.003 };
const NOW = new Date('2026-11-21T10:00:00Z');

describe('a line of a price list', () => {
  it('of the built-in list means the same when it is imported', () => {
    const parsed = listed.map((line, index) => parsePriceLine(line, `lines[${index}]`));
    const built = toPrices(listed).map(({ info: _info, ...price }) => price);
    expect(parsed).toEqual(built);
  });

  it.each([
    ['usd', { usd: -1 }],
    ['usd', { usd: '1e9' }],
    ['usd', { usd: Number.NaN }],
    ['usd', { usd: 100_000 * 10 }],
    ['usd', { usd: null }],
    ['unit', { unit: 'hour' }],
    ['unit', { unit: 'toString' }],
    ['provider', { provider: '' }],
    ['provider', { provider: 'a\nb' }],
    ['model', { model: undefined }],
    ['model', { model: 7 }],
    ['size', { size: 'large' }],
    ['size', { unit: 'request', size: '1K' }],
    ['pixels_max', { pixels_max: 0.5 }],
    ['credits', { credits: -1 }],
    ['__proto__x', { __proto__x: 1 }],
  ])('names %s when it is wrong', (field, wrong) => {
    expect(parsePriceLine({ ...LINE, ...wrong }, 'lines[3]')).toMatchObject([
      { field: `lines[3].${field}` },
    ]);
  });

  it.each([null, 7, 'x', [LINE]])('is none as %o', (value) => {
    expect(parsePriceLine(value, 'lines[0]')).toMatchObject([{ field: 'lines[0]' }]);
  });

  it('keeps the smallest prices exact', () => {
    expect(parsePriceLine({ ...LINE, usd: 3e-7, unit: 'megapixel' }, '')).toMatchObject({
      unit: 'pixel',
      microsPerMillion: 1,
    });
  });
});

describe('the status of a price', () => {
  it.each([
    ['active', 'active', null],
    [null, 'active', null],
    ['shutdown 2026-12-01', 'deprecated', '2026-12-01'],
    ['leaves API 2027-04-01', 'deprecated', '2027-04-01'],
    ['shutdown date 2026-10-02', 'retired', '2026-10-02'],
    ['retired 2026-10-23', 'retired', '2026-10-23'],
    ['shut down 2026-09-24', 'retired', '2026-09-24'],
    ['GA; discontinuation 2027-03-15', 'deprecated', '2027-03-15'],
  ])('is read from %s', (words, status, shutdownDate) => {
    expect(toLifetime(words, null, NOW)).toEqual({ status, shutdownDate });
  });

  it('is the catalogue’s where that knows more', () => {
    const catalogued = { status: 'deprecated', shutdownDate: '2026-11-21' } as const;
    expect(toLifetime('active', catalogued, NOW).status).toBe('retired');
    const gone = { status: 'retired', shutdownDate: null } as const;
    expect(toLifetime('active', gone, NOW)).toEqual({ status: 'retired', shutdownDate: null });
  });
});
