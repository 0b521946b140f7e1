import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { ConcludeMember, UsageEntry } from '../billing/domain/settlement.js';
import { SettlementWriter } from '../billing/settlement-writer.js';
import { TokenPrices } from '../billing/token-prices.js';
import type { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { ZERO_MICROS } from '../common/micros.js';
import { StopGrace } from '../config/stop-grace.js';
import { persevere } from '../persistence/persevere.js';
import { toActor } from './admit-call.service.js';
import type { CallDraft, PricedCandidate } from './call-draft.js';

/** What was used, by the vendor's word or by our own count. */
export interface UsedTokens {
  inputTokens: number;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number;
  isEstimated: boolean;
}

/** How a call ended. */
export interface CallOutcome {
  /** Null = nothing is owed. */
  used: UsedTokens | null;
  /** Null = the whole answer was given. */
  error: DomainError | null;
  /** As many as it could have had, for what a vendor says to be believed. */
  outputTokensMax: number;
}

/** What the vendor counted cannot be: for the list of what a person should look at. */
const IMPLAUSIBLE = 'implausible_usage';

/** Ends the hold of a call and writes its usage, in one durable step that is never given up. */
@Injectable()
export class ConcludeCallService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ConcludeCallService.name);
  private readonly late = new Set<Promise<unknown>>();

  constructor(
    private readonly prices: TokenPrices,
    private readonly writer: SettlementWriter,
    private readonly grace: StopGrace,
  ) {}

  /** While the books are away it is gone on with aside: who waits for an answer gets it. Never throws. */
  async conclude(draft: CallDraft, served: PricedCandidate, outcome: CallOutcome): Promise<void> {
    const member = await this.toMember(draft, served, outcome);
    try {
      await this.writer.conclude(member);
    } catch (error) {
      this.logger.warn(`the conclusion of call ${draft.id} is repeated: ${String(error)}`);
      this.repeat(draft.id, member);
    }
  }

  /** Usage without money, as of an answer that was kept from before. Never throws. */
  async note(usage: UsageEntry): Promise<void> {
    try {
      await this.writer.conclude({ usage });
    } catch (error) {
      this.logger.warn(`the usage of call ${usage.id} is repeated: ${String(error)}`);
      this.repeat(usage.id, { usage });
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.late.size === 0) return;
    const timeout = new Promise((resolve) => void setTimeout(resolve, this.grace.leftMs()).unref());
    await Promise.race([Promise.allSettled(this.late), timeout]);
    if (this.late.size > 0) this.logger.error(`${this.late.size} calls end without a conclusion`);
  }

  private repeat(id: string, member: ConcludeMember): void {
    const work = persevere('a conclusion', () => this.writer.conclude(member))
      .catch((error: unknown) =>
        this.logger.error(`call ${id} has no conclusion: ${String(error)}`),
      )
      .finally(() => this.late.delete(work));
    this.late.add(work);
  }

  private async toMember(
    draft: CallDraft,
    served: PricedCandidate,
    { used, error, outputTokensMax }: CallOutcome,
  ): Promise<ConcludeMember> {
    const { model, connection } = served.candidate;
    const charge = used
      ? await this.prices.charge({
          provider: model.provider,
          model: model.id,
          operation: model.kind,
          connection: connection.id,
          versionId: served.versionId,
          terms: served.terms,
          usage: used,
          held: { inputTokens: draft.inputTokens, outputTokensMax },
        })
      : { listMicros: ZERO_MICROS, chargeMicros: ZERO_MICROS, isCut: false };
    return {
      settle: {
        hold_id: draft.holdId,
        transaction_id: newId(),
        ...(used
          ? { action: 'post' as const, amount_micros: charge.chargeMicros }
          : { action: 'void' as const }),
        actor: toActor(draft),
        attempt_id: draft.id,
        ...(charge.isCut && { review: IMPLAUSIBLE }),
      },
      usage: {
        ...toUsageBase(draft, served),
        outcome: toOutcomeWord(error),
        list_cost_micros: charge.listMicros,
        ...(used && toTokens(used)),
      },
    };
  }
}

function toUsageBase(
  draft: CallDraft,
  { candidate, versionId, terms }: PricedCandidate,
): Omit<UsageEntry, 'outcome'> {
  const { caller, searchSpaceId, model: requested } = draft.asking;
  const { model, connection } = candidate;
  return {
    id: draft.id,
    search_space_id: searchSpaceId,
    user_id: caller.userId,
    api_key_id: caller.kind === 'api_key' ? caller.id : null,
    provider: model.provider,
    connection: connection.id,
    model: model.id,
    requested_model: requested,
    operation: model.kind,
    kind: model.kind,
    tier: terms.tier,
    price_version_id: versionId,
    multiplier_bp: terms.multiplierBp,
    latency_ms: Math.round(performance.now() - draft.startedAtMs),
  };
}

function toTokens(used: UsedTokens): Partial<UsageEntry> {
  return {
    input_tokens: used.inputTokens,
    ...(used.cachedInputTokens !== null && { cached_input_tokens: used.cachedInputTokens }),
    output_tokens: used.outputTokens,
    is_estimated: used.isEstimated,
  };
}

function toOutcomeWord(error: DomainError | null): string {
  if (!error) return 'succeeded';
  return error.code === 'generations.canceled' ? 'canceled' : 'failed';
}
