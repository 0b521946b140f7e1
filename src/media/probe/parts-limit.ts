import { mediaUnreadable } from '../domain/media.errors.js';

/** Parts of one picture beside those that hold its pixels: real ones have a few dozen. */
export const PARTS_MAX = 10_000;

/** Counts the parts of a picture, so that no file is made of nothing but heads. */
export class PartsLimit {
  private count = 0;

  /** @throws DomainError `media.unreadable` */
  add(): void {
    this.count += 1;
    if (this.count > PARTS_MAX) throw mediaUnreadable('it has far too many parts');
  }
}
