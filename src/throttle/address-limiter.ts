import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { RateStorage } from './rate-storage.port.js';
import type { WindowVerdict } from './sliding-window.js';

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
    this.assertAdmitted(await this.storage.peek(toKey(address), WINDOW_MS, this.limit()));
  }

  /**
   * Counts an attempt as failed before it is looked at, so that attempts sent all at once pass no more than those
   * sent in turn. One that was right is given back.
   * @throws DomainError `auth.login_throttled`
   */
  async take(address: string): Promise<void> {
    this.assertAdmitted(await this.storage.hit(toKey(address), WINDOW_MS, this.limit()));
  }

  async giveBack(address: string): Promise<void> {
    await this.storage.refund(toKey(address), WINDOW_MS);
  }

  async recordFailure(address: string): Promise<void> {
    await this.storage.hit(toKey(address), WINDOW_MS, this.limit());
  }

  private assertAdmitted({ isRefused, retryInMs }: WindowVerdict): void {
    if (!isRefused) return;
    throw new DomainError(
      'auth.login_throttled',
      'Too many failed attempts from your address. Wait before you try again.',
      { retryAfterS: Math.ceil(retryInMs / MS_PER_S), details: { limit: this.limit() } },
    );
  }

  private limit(): number {
    return this.config.limits.loginsPerMinute;
  }
}

/** The network that limits count an address by: an IPv6 caller owns a /64. */
export function toNetwork(address: string): string {
  return normalizeIp(address);
}

function toKey(address: string): string {
  return `failures:${toNetwork(address)}`;
}
