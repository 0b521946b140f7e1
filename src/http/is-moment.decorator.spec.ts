// Proves which times are taken: those of RFC 3339 that are there in the calendar and that the database can read.
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { toInvalid } from './validation.pipe.js';
import { IsMoment } from './is-moment.decorator.js';

class Body {
  @IsMoment()
  at: unknown;
}

function refuse(at: unknown): string | null {
  const errors = validateSync(Object.assign(new Body(), { at }));
  return errors.length === 0 ? null : toInvalid(errors).message;
}

describe('IsMoment', () => {
  it.each([
    '2026-11-22T12:00:00Z',
    '2026-11-22T12:00Z',
    '2026-11-22T12:00:00.123456789+01:00',
    '9999-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59+14:00',
    '1000-01-01T00:00:00+14:00',
  ])('takes %s', (at) => {
    expect(refuse(at)).toBeNull();
  });

  it.each(['2026-11-22', '2026-W01-1', '2026-02-30T00:00:00Z', 'now', '', 5, null, {}, ['2026']])(
    'refuses %j with an example',
    (at) => {
      expect(refuse(at)).toContain('at: must be a time such as');
    },
  );

  it.each(['9999-12-31T23:59:59-00:01', '9999-12-31T12:00:00-14:00'])(
    'refuses %s, which is a year of five digits in UTC',
    (at) => {
      expect(refuse(at)).toBe('at: must be a time before the year 10000 in UTC');
    },
  );
});
