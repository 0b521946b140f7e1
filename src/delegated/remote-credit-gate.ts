import { Injectable } from '@nestjs/common';
import { credentialsInvalid } from '../auth/domain/auth.errors.js';
import { CreditGate, type CreditNeed } from '../billing/domain/credit-gate.port.js';
import { INSUFFICIENT_BALANCE } from '../billing/domain/insufficient-balance.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { DelegatedBackend } from './delegated-backend.js';
import type { Credits } from './domain/backend-answer.js';
import { VerificationCache } from './verification-cache.js';

/** Asks the backend whether a delegated user may still spend: one credit a picture, as it is reported later. */
@Injectable()
export class RemoteCreditGate extends CreditGate {
  constructor(
    private readonly backend: DelegatedBackend,
    private readonly cache: VerificationCache,
  ) {
    super();
  }

  async assertCredit(caller: Caller, need: CreditNeed): Promise<void> {
    if (caller.externalId === undefined) return;
    const credits = await this.backend.findCredits(caller.externalId);
    if (!credits) {
      this.cache.drop(caller.externalId);
      throw credentialsInvalid();
    }
    const wanted = need.pictures + need.pendingPictures;
    if (credits.hasCredits && credits.available >= wanted) return;
    throw insufficientCredits(credits, need);
  }
}

/** The 402 of everybody. What the space has is not the user's to know: their own balance is in credits. */
function insufficientCredits({ available }: Credits, need: CreditNeed): DomainError {
  const { pictures, pendingPictures } = need;
  const message =
    `This needs ${pictures} credits; the account has ${available}, ` +
    `and ${pendingPictures} are spoken for by requests before it. Buy credits, or ask for less.`;
  return new DomainError(INSUFFICIENT_BALANCE, message, {
    details: {
      error_code: 'premium_quota_exhausted',
      usage_type: need.usageType,
      balance_micros: 0,
      remaining_micros: 0,
      available_credits: available,
      pending_credits: pendingPictures,
      required_credits: pictures,
      message,
    },
  });
}
