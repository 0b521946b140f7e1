import type { ProviderErrorKind } from '../spec/provider.errors.js';

export interface StatusMeaning {
  kind: ProviderErrorKind;
  /** A proxy gave up waiting: behind it the work may go on and be paid. */
  mayHaveBeenPaid: boolean;
}

const SERVER_ERROR_MIN = 500;
const CLIENT_ERROR_MIN = 400;

const MEANINGS: Readonly<Record<number, StatusMeaning>> = {
  401: { kind: 'unauthorized', mayHaveBeenPaid: false },
  402: { kind: 'quota_exhausted', mayHaveBeenPaid: false },
  403: { kind: 'unauthorized', mayHaveBeenPaid: false },
  408: { kind: 'timeout', mayHaveBeenPaid: false },
  409: { kind: 'unavailable', mayHaveBeenPaid: false },
  425: { kind: 'unavailable', mayHaveBeenPaid: false },
  429: { kind: 'rate_limited', mayHaveBeenPaid: false },
  502: { kind: 'unavailable', mayHaveBeenPaid: false },
  503: { kind: 'unavailable', mayHaveBeenPaid: false },
  504: { kind: 'timeout', mayHaveBeenPaid: true },
  // Cloudflare, in front of several vendors: no answer from the origin in time; vendor overloaded (Anthropic).
  522: { kind: 'unavailable', mayHaveBeenPaid: false },
  524: { kind: 'timeout', mayHaveBeenPaid: true },
  529: { kind: 'unavailable', mayHaveBeenPaid: false },
};

/** What a status means where the body says nothing better. */
export function mapHttpStatus(status: number): StatusMeaning {
  const known = MEANINGS[status];
  if (known) return known;
  const isOurs = status >= CLIENT_ERROR_MIN && status < SERVER_ERROR_MIN;
  return { kind: isOurs ? 'invalid_request' : 'failed', mayHaveBeenPaid: false };
}
