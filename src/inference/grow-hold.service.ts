import { Injectable } from '@nestjs/common';
import { TokenPrices } from '../billing/token-prices.js';
import { toDomainError } from '../http/to-domain-error.js';
import type { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { AdmitCallService } from './admit-call.service.js';
import type { CallDraft, PricedCandidate } from './call-draft.js';
import type { RelayMeter } from './domain/relay-meter.js';

/** Share of what was set aside at which more is asked for. */
const NEAR = 0.8;

/** Watches one answer: what it grows to is paid for before it is relayed. */
export class HoldWatch {
  private pending: Promise<void> | null = null;
  private refusal: DomainError | null = null;

  /**
   * @param heldTokens of output that are paid for
   * @param tokensMax that it can have
   */
  constructor(
    private readonly meter: RelayMeter,
    private heldTokens: number,
    private readonly tokensMax: number,
    private readonly topUp: (from: number, to: number) => Promise<void>,
    private readonly stepTokens: number,
  ) {}

  /**
   * After each piece. Undefined = go on at once; a promise = no more until it resolves.
   * @throws DomainError what refused more money
   */
  look(): Promise<void> | undefined {
    if (this.refusal) throw this.refusal;
    if (this.heldTokens >= this.tokensMax) return undefined;
    if (!this.meter.mayHaveReached(NEAR * this.heldTokens)) return undefined;
    this.pending ??= this.grow();
    return this.meter.mayHaveReached(this.heldTokens) ? this.wait(this.pending) : undefined;
  }

  private async grow(): Promise<void> {
    const to = Math.min(this.heldTokens + this.stepTokens, this.tokensMax);
    try {
      await this.topUp(this.heldTokens, to);
      this.heldTokens = to;
    } catch (error) {
      this.refusal = toDomainError(error);
    }
    this.pending = null;
  }

  private async wait(pending: Promise<void>): Promise<void> {
    await pending;
    if (this.refusal) throw this.refusal;
  }
}

/** Sets more money aside for answers that grow beyond what was held for them. */
@Injectable()
export class GrowHoldService {
  constructor(
    private readonly config: AppConfig,
    private readonly prices: TokenPrices,
    private readonly admissions: AdmitCallService,
  ) {}

  /** @param tokensMax that the answer can have */
  watch(
    draft: CallDraft,
    served: PricedCandidate,
    meter: RelayMeter,
    tokensMax: number,
  ): HoldWatch {
    const topUp = async (from: number, to: number) => {
      const [before, after] = await Promise.all([
        this.quote(draft, served, from),
        this.quote(draft, served, to),
      ]);
      if (after > before) await this.admissions.topUp(draft, after - before);
    };
    const { heldOutputTokens } = this.config.inference;
    return new HoldWatch(meter, served.outputTokens, tokensMax, topUp, heldOutputTokens);
  }

  private async quote(
    { inputTokens }: CallDraft,
    { candidate: { model, connection }, terms, versionId }: PricedCandidate,
    outputTokensMax: number,
  ): Promise<number> {
    const { holdMicros } = await this.prices.quote({
      provider: model.provider,
      model: model.id,
      operation: model.kind,
      connection: connection.id,
      inputTokens,
      outputTokensMax,
      terms,
      versionId,
    });
    return holdMicros;
  }
}
