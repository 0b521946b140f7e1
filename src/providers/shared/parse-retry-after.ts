const RETRY_AFTER_S_MAX = 86_400;
const MS_PER_S = 1_000;
/** `6m0s`, `1.5s`, `120ms`: durations as Go prints them. */
const GO_DURATION = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;
/** Date.parse alone also takes `-5` for a year. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? /;
const MESSAGE_DURATION = /try again in ((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)/i;
const S_PER_H = 3_600;
const S_PER_M = 60;

/**
 * How long the vendor asks us to wait, in whole seconds (1 to 86,400). Looked for where vendors put it, best first:
 * `retry-after-ms`, `retry-after` (seconds or a date), the reset of an exhausted limit, the message.
 */
export function parseRetryAfter(
  headers: Headers,
  message: string | null,
  now: Date,
): number | undefined {
  const seconds =
    parseNumber(headers.get('retry-after-ms'), MS_PER_S) ??
    parseNumber(headers.get('retry-after'), 1) ??
    parseDate(headers.get('retry-after'), now) ??
    parseReset(headers) ??
    parseGoDuration(MESSAGE_DURATION.exec(message ?? '')?.[1]);
  if (seconds === undefined || seconds < 0) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 1), RETRY_AFTER_S_MAX);
}

function parseNumber(text: string | null, perS: number): number | undefined {
  return text !== null && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) / perS : undefined;
}

function parseDate(text: string | null, now: Date): number | undefined {
  const at = text !== null && HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now.getTime()) / MS_PER_S);
}

/** The later reset of the limits of which nothing remains. */
function parseReset(headers: Headers): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((limit) => headers.get(`x-ratelimit-remaining-${limit}`) === '0')
    .map((limit) => parseGoDuration(headers.get(`x-ratelimit-reset-${limit}`) ?? undefined))
    .filter((seconds) => seconds !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

function parseGoDuration(text: string | undefined): number | undefined {
  const parts = text ? GO_DURATION.exec(text) : null;
  if (!parts) return undefined;
  const [, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = parts;
  return (
    Number(hours) * S_PER_H +
    Number(minutes) * S_PER_M +
    Number(seconds) +
    Number(milliseconds) / MS_PER_S
  );
}
