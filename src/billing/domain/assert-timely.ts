import { DomainError } from '../../common/domain-error.js';

const MS_PER_DAY = 24 * 60 * 60_000;
/** Hexadecimal digits of a UUIDv7 that are its time in ms. */
const TIME_DIGITS = 12;

/**
 * The ledger lists movements in the order of their ids, so one that is dated ahead would be missing until then.
 * @throws DomainError `request.invalid`
 */
export function assertTimely(transactionId: string, now: Date): void {
  const timeMs = Number.parseInt(transactionId.replaceAll('-', '').slice(0, TIME_DIGITS), 16);
  if (timeMs > now.getTime() + MS_PER_DAY) {
    throw DomainError.invalid(
      'transaction_id',
      'must be a UUIDv7 of now; this one is of a time to come',
    );
  }
}
