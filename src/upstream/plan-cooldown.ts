import type { CooldownConfig } from '../config/app-config.js';
import { ProviderError } from '../providers/spec/provider.errors.js';

const STATUS_FORBIDDEN = 403;
const STATUS_OVERLOADED = 529;
/** Believed at most: a vendor that names a whole day is asked again before. */
const RETRY_AFTER_S_MAX = 3_600;

export interface Cooldown {
  /** connection: all of it; model: this model on it. */
  of: 'connection' | 'model';
  lastsS: number;
}

/**
 * How long a failure keeps the connection from being called; null = it does not. Where there is no other connection
 * a guess of ours is short: only what the vendor itself named, and a credential it refused, shut out for longer.
 */
export function planCooldown(
  error: unknown,
  hasAlternative: boolean,
  config: CooldownConfig,
): Cooldown | null {
  if (!(error instanceof ProviderError)) return null;
  const guess = (lastsS: number) => (hasAlternative ? lastsS : Math.min(lastsS, config.aloneS));
  const named = error.retryAfterS ? Math.min(error.retryAfterS, RETRY_AFTER_S_MAX) : null;
  if (error.reason === 'model_not_found') return { of: 'model', lastsS: guess(config.modelS) };
  if (error.kind === 'unauthorized' || error.kind === 'quota_exhausted') {
    // Vendors forbid single models to an account too; a caller who asks for such a one shuts nobody out of the others.
    const isOfModel = error.kind === 'unauthorized' && error.status === STATUS_FORBIDDEN;
    return { of: isOfModel ? 'model' : 'connection', lastsS: config.credentialS };
  }
  if (error.kind === 'rate_limited') {
    return { of: 'connection', lastsS: named ?? guess(config.rateLimitedS) };
  }
  if (error.status === STATUS_OVERLOADED) {
    return { of: 'connection', lastsS: named ?? guess(config.overloadedS) };
  }
  return null;
}
