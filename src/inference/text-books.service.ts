import { Injectable } from '@nestjs/common';
import type { BudgetWarning } from '../billing/domain/settlement.js';
import type { DomainError } from '../common/domain-error.js';
import type { TokenUsage } from '../providers/spec/chat-call.js';
import { AdmitCallService } from './admit-call.service.js';
import type { CallDraft, PricedCandidate, TextModel } from './call-draft.js';
import { ConcludeCallService, type UsedTokens } from './conclude-call.service.js';
import { CountUsageService, type UncountedCall } from './count-usage.service.js';
import type { RelayMeter } from './domain/relay-meter.js';
import { GrowHoldService, type HoldWatch } from './grow-hold.service.js';

/** What is known of a call at its end. */
export interface CallReport {
  served: PricedCandidate;
  /** As the vendor told; null = it did not. */
  usage: TokenUsage | null;
  /** Null = the whole answer was given. */
  error: DomainError | null;
  outputTokensMax: number;
  /** For where the vendor did not count. */
  uncounted: UncountedCall;
}

/** The money of a call for text: set aside before it, watched while it runs, posted at its end. */
@Injectable()
export class TextBooksService {
  constructor(
    private readonly admissions: AdmitCallService,
    private readonly growth: GrowHoldService,
    private readonly counting: CountUsageService,
    private readonly conclusions: ConcludeCallService,
  ) {}

  /** @returns, @throws as AdmitCallService.admit */
  open<M extends TextModel>(draft: CallDraft<M>): Promise<readonly BudgetWarning[]> {
    return this.admissions.admit(draft);
  }

  watch(
    draft: CallDraft,
    served: PricedCandidate,
    meter: RelayMeter,
    tokensMax: number,
  ): HoldWatch {
    return this.growth.watch(draft, served, meter, tokensMax);
  }

  /** @returns what it used; null = nothing is owed. Never throws, and never loses what is owed. */
  async close(draft: CallDraft, report: CallReport): Promise<UsedTokens | null> {
    const { served, usage, error, outputTokensMax, uncounted } = report;
    const used = await this.counting.count(usage, error, uncounted);
    await this.conclusions.conclude(draft, served, { used, error, outputTokensMax });
    return used;
  }
}
