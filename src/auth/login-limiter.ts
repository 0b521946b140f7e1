import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { AddressLimiter, toNetwork } from '../throttle/address-limiter.js';
import { RateStorage } from '../throttle/rate-storage.port.js';
import { UsersReader } from './domain/users.reader.port.js';

const MS_PER_S = 1_000;
/**
 * What strangers may try at one account: the first line in LOGIN_ACCOUNT_WINDOW_S, the next in the longer windows,
 * so that the wait grows with the guessing: with the defaults about 90 a day. NIST SP 800-63B-4, 3.2.2 would end an
 * authenticator after 100 failures in a row; here nothing ends, for strangers could then end anybody's.
 */
const TIERS = [
  { failures: 1, windows: 1 },
  { failures: 3, windows: 8 },
  { failures: 9, windows: 96 },
] as const;

interface Bucket {
  key: string;
  limit: number;
  windowMs: number;
}

/** A login that counts as failed until it is given back. */
export interface LoginAttempt {
  /** The attempt was right, or never looked at. */
  giveBack(): Promise<void>;
}

/**
 * Limits guessing by address and by account. An attempt is counted before the password is looked at, each count one
 * atomic step. An account that does not exist is counted like any other. Networks that an account logged in from
 * before are counted by themselves, in the shortest window alone: strangers cannot lock its owner out there, nor for
 * ever anywhere. Sessions and API keys are not asked.
 */
@Injectable()
export class LoginLimiter {
  private readonly failuresMax: number;
  private readonly windowMs: number;

  constructor(
    private readonly addresses: AddressLimiter,
    private readonly storage: RateStorage,
    private readonly users: UsersReader,
    config: AppConfig,
  ) {
    this.failuresMax = config.auth.accountFailuresMax;
    this.windowMs = config.auth.accountWindowS * MS_PER_S;
  }

  /**
   * Counts a login.
   * @param email as `normalizeEmail` spells it
   * @throws DomainError `auth.login_throttled`
   */
  async beginLogin(email: string, address: string): Promise<LoginAttempt> {
    await this.addresses.take(address);
    const network = toNetwork(address);
    const account = toAccount(email);
    const isKnown = await this.users.isKnownNetwork(email, network);
    const buckets = isKnown ? [this.toBucket(`${account}:${network}`)] : this.toTiers(account);
    return this.take(address, buckets);
  }

  /** Counts a question for the password in an open session: apart from logins, so that strangers cannot stop it. */
  async beginConfirmation(userId: string, address: string): Promise<LoginAttempt> {
    await this.addresses.take(address);
    return this.take(address, [this.toBucket(`session:${userId}`)]);
  }

  /** Counts a one-time token, by address alone: it is too long to be guessed. */
  async beginRedemption(address: string): Promise<LoginAttempt> {
    await this.addresses.take(address);
    return this.take(address, []);
  }

  private async take(address: string, buckets: readonly Bucket[]): Promise<LoginAttempt> {
    const taken: Bucket[] = [];
    const giveBack = async (): Promise<void> => {
      for (const { key, windowMs } of taken) await this.storage.refund(key, windowMs);
    };
    for (const bucket of buckets) {
      const verdict = await this.storage.hit(bucket.key, bucket.windowMs, bucket.limit);
      if (verdict.isRefused) {
        await giveBack();
        throw accountThrottled(bucket, verdict.retryInMs);
      }
      taken.push(bucket);
    }
    return {
      giveBack: async () => {
        await giveBack();
        await this.addresses.giveBack(address);
      },
    };
  }

  private toTiers(account: string): Bucket[] {
    // The longest first: whoever is refused there takes nothing of the shorter ones.
    return TIERS.map(({ failures, windows }) => ({
      key: `logins:${windows}:${account}`,
      limit: this.failuresMax * failures,
      windowMs: this.windowMs * windows,
    })).toReversed();
  }

  private toBucket(name: string): Bucket {
    return { key: `logins:known:${name}`, limit: this.failuresMax, windowMs: this.windowMs };
  }
}

/** Addresses of people do not belong into keys of a store. */
function toAccount(email: string): string {
  return createHash('sha256').update(email, 'utf8').digest('base64url');
}

function accountThrottled({ limit, windowMs }: Bucket, retryInMs: number): DomainError {
  return new DomainError(
    'auth.login_throttled',
    'Too many wrong passwords for this account. Wait before you try again, or log in where you did before.',
    {
      retryAfterS: Math.ceil(retryInMs / MS_PER_S),
      details: { limit, window_s: windowMs / MS_PER_S },
    },
  );
}
