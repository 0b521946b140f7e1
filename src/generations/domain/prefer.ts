const WAIT_S_MIN = 1;
const WAIT_S_MAX = 100;

/** What a `Prefer` header asks for (RFC 7240). */
export interface Preference {
  /** Seconds to wait for the result; 0 = answer at once. */
  waitS: number;
  /** Value of `Preference-Applied`, or null when nothing was asked for. */
  applied: string | null;
}

/**
 * `wait=N` (1–100) bounds the wait, with or without `respond-async`; `respond-async` alone means not
 * to wait. What is malformed or out of range is ignored, as the RFC has it.
 */
export function toPreference(header: string | undefined, waitDefaultS: number): Preference {
  const preferences = (header ?? '').split(',').map((part) => part.split(';', 1)[0]!.trim());
  const waitS = preferences.map(toWaitS).find((seconds) => seconds !== null) ?? null;
  const isAsync = preferences.some((part) => part.toLowerCase() === 'respond-async');
  if (waitS !== null) {
    const applied = isAsync ? `respond-async, wait=${waitS}` : `wait=${waitS}`;
    return { waitS, applied };
  }
  return isAsync ? { waitS: 0, applied: 'respond-async' } : { waitS: waitDefaultS, applied: null };
}

function toWaitS(preference: string): number | null {
  const match = /^wait\s*=\s*"?(\d{1,6})"?$/i.exec(preference);
  const seconds = match ? Number(match[1]) : 0;
  return seconds >= WAIT_S_MIN && seconds <= WAIT_S_MAX ? seconds : null;
}
