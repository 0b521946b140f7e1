/** Of several processes that start together one does the first start. */
export abstract class FirstStartLock {
  /** Waits until no other transaction holds it, and holds it until this one ends. */
  abstract take(): Promise<void>;
}
