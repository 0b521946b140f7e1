import { Injectable } from '@nestjs/common';
import { ApiKeysService } from '../auth/api-keys.service.js';
import type { ApiKey } from '../auth/domain/api-key.js';
import { toRateLimits } from '../auth/key-verifier.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { CallerLimiter, type LimitState } from '../throttle/caller-limiter.js';
import type { KeyBudgets } from './domain/key-budgets.js';
import { KeyUsageReader, type KeyTotals } from './domain/key-usage.reader.port.js';
import { KeyBudgetsService } from './key-budgets.service.js';
import { UsageRollUps } from './usage-roll-ups.js';

export interface KeyUsage {
  apiKey: ApiKey;
  totals: KeyTotals;
  /** The key's own limits as they stand; none where none is set. */
  limits: LimitState[];
  /** Its quota and spend windows. */
  budgets: KeyBudgets;
}

/** What a key has used and what it has left. Asks no wallet, so an empty one does not matter. */
@Injectable()
export class KeyUsageService {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly usage: KeyUsageReader,
    private readonly limiter: CallerLimiter,
    private readonly rollUps: UsageRollUps,
    private readonly budgets: KeyBudgetsService,
  ) {}

  /** @throws DomainError `request.not_found` for a key that is neither the caller's nor under their care */
  async get(caller: Caller, id: string): Promise<KeyUsage> {
    return this.describe(await this.apiKeys.get(caller, id));
  }

  /** @throws DomainError `request.invalid` for a session, which is no key */
  async getCurrent(caller: Caller): Promise<KeyUsage> {
    const apiKey = caller.kind === 'api_key' ? await this.apiKeys.findById(caller.id) : null;
    if (!apiKey) {
      throw new DomainError(
        'request.invalid',
        'Only an API key has a usage of its own. Ask for /api/v1/api-keys/{id}/usage.',
      );
    }
    return this.describe(apiKey);
  }

  private async describe(apiKey: ApiKey): Promise<KeyUsage> {
    await this.rollUps.flush();
    const [totals, limits, budgets] = await Promise.all([
      this.usage.getTotals(apiKey.id),
      this.limiter.listStates(apiKey.id, toRateLimits(apiKey)),
      this.budgets.describe(apiKey.id),
    ]);
    return { apiKey, totals, limits, budgets };
  }
}
