/** How a call ended. The order is that of the counts in the database: new ones go to the end. */
export const OUTCOMES = [
  'succeeded',
  'failed',
  'unavailable',
  'timeout',
  'malformed',
  'rate_limited',
  'quota_exhausted',
  'unauthorized',
  'refused',
  'invalid_request',
  'canceled',
  // What failed on our side after the vendor had answered: keeping a picture, a gone client.
  'own',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Faults of the vendor: they open the breaker and count as errors. */
const FAULTS: ReadonlySet<Outcome> = new Set(['failed', 'unavailable', 'timeout', 'malformed']);
/** These say nothing of the connection. */
const SILENT: ReadonlySet<Outcome> = new Set(['canceled', 'own']);
/** These are the caller's or ours, and leave the success rate alone. */
const UNRATED: ReadonlySet<Outcome> = new Set(['refused', 'invalid_request', 'canceled', 'own']);

export function isFault(outcome: Outcome): boolean {
  return FAULTS.has(outcome);
}

/** Whether the vendor has shown that it is there, be it by a refusal. */
export function isSignOfLife(outcome: Outcome): boolean {
  return !FAULTS.has(outcome) && !SILENT.has(outcome);
}

/** @param counts in the order of OUTCOMES */
export function toSuccessRate(counts: readonly number[]): number | null {
  const rated = OUTCOMES.reduce(
    (sum, outcome, index) => sum + (UNRATED.has(outcome) ? 0 : (counts[index] ?? 0)),
    0,
  );
  return rated === 0 ? null : (counts[0] ?? 0) / rated;
}
