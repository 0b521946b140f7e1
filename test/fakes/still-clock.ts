/** A clock that stands until a test moves it. */
import { Clock } from '../../src/common/clock.js';

export class StillClock extends Clock {
  constructor(private at = new Date('2026-11-21T10:00:00Z')) {
    super();
  }

  now(): Date {
    return new Date(this.at);
  }

  move(ms: number): void {
    this.at = new Date(this.at.getTime() + ms);
  }
}
