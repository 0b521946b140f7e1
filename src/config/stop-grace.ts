/**
 * The one grace of a stop, shared by all parts that wait for something to end: it begins when the first of them asks,
 * so that several waits in a row take no longer than one. `SHUTDOWN_GRACE_S` sets it.
 */
export class StopGrace {
  private startedAtMs: number | null = null;

  constructor(private readonly graceMs: number) {}

  /** What is left of it, 0 or more. */
  leftMs(): number {
    this.startedAtMs ??= performance.now();
    return Math.max(0, this.graceMs - (performance.now() - this.startedAtMs));
  }
}
