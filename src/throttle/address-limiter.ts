import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { RateStorage } from './rate-storage.port.js';

const WINDOW_MS = 60_000;
const MS_PER_S = 1_000;

/** Slows down guessing: failed logins and bad keys per client address, `LOGIN_RPM` a minute. */
@Injectable()
export class AddressLimiter {
  constructor(
    private readonly storage: RateStorage,
    private readonly config: AppConfig,
  ) {}

  /** @throws DomainError `auth.login_throttled` when this address has failed too often. Counts nothing. */
  async assertAllowed(address: string): Promise<void> {
    const { isRefused, retryInMs } = await this.storage.peek(
      toKey(address),
      WINDOW_MS,
      this.limit(),
    );
    if (!isRefused) return;
    throw new DomainError(
      'auth.login_throttled',
      'Too many failed attempts from your address. Wait before you try again.',
      { retryAfterS: Math.ceil(retryInMs / MS_PER_S) },
    );
  }

  async recordFailure(address: string): Promise<void> {
    await this.storage.hit(toKey(address), WINDOW_MS, this.limit());
  }

  private limit(): number {
    return this.config.limits.loginsPerMinute;
  }
}

function toKey(address: string): string {
  return `failures:${normalizeIp(address)}`;
}
