import { DomainError } from '../../common/domain-error.js';

export const CACHE_HEADER = 'x-response-cache';

/** What a request wants of the cache: an answer that is there, a new one in its place, or nothing. */
export type CacheMode = 'use' | 'refresh' | 'off';

const MODES: readonly CacheMode[] = ['use', 'refresh', 'off'];

/** Absent = off. @throws DomainError `request.invalid` naming the header */
export function readCacheMode(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): CacheMode {
  const given = headers[CACHE_HEADER];
  if (given === undefined) return 'off';
  const mode = MODES.find((one) => typeof given === 'string' && one === given.toLowerCase());
  if (!mode) throw DomainError.invalid(CACHE_HEADER, 'must be use, refresh or off');
  return mode;
}
