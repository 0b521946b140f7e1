import { applyDecorators } from '@nestjs/common';
import { IsISO8601, Matches, ValidateBy } from 'class-validator';

/** ISO 8601 alone also has weeks, days of the year and bare times, of which `Date` makes nothing or the server's zone. */
const MOMENT_FORM =
  /^[1-9]\d{3}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const MOMENT_MESSAGE =
  '$property must be a time such as 2099-01-01T00:00:00Z; it ends with Z or an offset such as +01:00';
/** What an offset makes later has five digits for its year, which the database does not read. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const LAST_MESSAGE = '$property must be a time before the year 10000 in UTC';

/** A time as RFC 3339 writes it, which is there in the calendar. */
export function IsMoment(): PropertyDecorator {
  return applyDecorators(
    ValidateBy(
      { name: 'isBeforeYear10000', validator: { validate: isEarlyEnough } },
      { message: LAST_MESSAGE },
    ),
    IsISO8601({ strict: true }, { message: MOMENT_MESSAGE }),
    Matches(MOMENT_FORM, { message: MOMENT_MESSAGE }),
  );
}

/** What is no time at all, the other rules refuse. */
function isEarlyEnough(value: unknown): boolean {
  return !(Date.parse(String(value)) > LAST_MS);
}
