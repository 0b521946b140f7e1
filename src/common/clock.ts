/** The one source of time, so that tests can hold it still. Port and injection token. */
export abstract class Clock {
  /** The present moment. */
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
