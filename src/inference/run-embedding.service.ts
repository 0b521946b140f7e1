import { Injectable } from '@nestjs/common';
import type { BudgetWarning } from '../billing/domain/settlement.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { EmbeddingResult } from '../providers/spec/chat-call.js';
import type { EmbeddingModel } from '../providers/spec/chat-model.js';
import type { SlotLease } from '../upstream/caller-slots.port.js';
import { CallDeadlines } from './call-deadlines.js';
import type { CallDraft, PricedCandidate } from './call-draft.js';
import type { EmbeddingReading, EmbeddingRequest } from './domain/read-embedding-request.js';
import type { UsedTokens } from './conclude-call.service.js';
import { RelayMeter } from './domain/relay-meter.js';
import { type CallEnd, RunCallService } from './run-call.service.js';
import { TextBooksService } from './text-books.service.js';

export interface EmbeddingCallParts {
  draft: CallDraft<EmbeddingModel>;
  request: EmbeddingRequest;
  reading: EmbeddingReading;
  phases: PhaseTimer;
  /** Fires when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** Vectors, and what made them. */
export interface EmbeddingAnswer {
  vectors: readonly Float32Array[];
  inputTokens: number;
  model: string;
  provider: string;
  callId: string;
  warnings: readonly BudgetWarning[];
  /** What else the answer says of itself; undefined = nothing. */
  headers?: Readonly<Record<string, string>>;
}

type Ended = CallEnd<EmbeddingModel, EmbeddingResult>;

/** Sets the money of an embedding call aside, makes the call, and posts what it cost. */
@Injectable()
export class RunEmbeddingService {
  constructor(
    private readonly books: TextBooksService,
    private readonly runner: RunCallService,
    private readonly factory: ProviderFactory,
    private readonly deadlines: CallDeadlines,
  ) {}

  /** @throws DomainError what refused it, or ended it unpaid */
  run(parts: EmbeddingCallParts): Promise<EmbeddingAnswer> {
    const { draft, phases } = parts;
    return this.runner.runOpened(
      draft,
      phases,
      () => this.books.open(draft),
      (warnings, slot) => this.runAdmitted(parts, warnings, slot),
    );
  }

  private async runAdmitted(
    { draft, request, reading, phases, signal }: EmbeddingCallParts,
    warnings: readonly BudgetWarning[],
    slot: SlotLease | null,
  ): Promise<EmbeddingAnswer> {
    const { end, used } = await this.deadlines.run(signal, async ({ signal: bounded }) => {
      const options = { signal: bounded, phases, slot, hasBegun: () => false };
      const ended = await this.runner.run(draft, options, (served, until) =>
        this.call(draft, served, request, reading, until),
      );
      const counted = await phases.measure('post', () => this.close(draft, reading, ended));
      return { end: ended, used: counted };
    });
    if (end.error) throw end.error;
    const { model } = end.served.candidate;
    return {
      vectors: end.value.vectors,
      inputTokens: used?.inputTokens ?? reading.inputTokens,
      model: model.id,
      provider: model.provider,
      callId: draft.id,
      warnings,
    };
  }

  private call(
    { id }: CallDraft,
    { candidate }: PricedCandidate<EmbeddingModel>,
    { dimensions, user }: EmbeddingRequest,
    { inputs }: EmbeddingReading,
    signal: AbortSignal,
  ): Promise<EmbeddingResult> {
    const { model, connection, vendorModel } = candidate;
    return this.factory.getEmbeddingProvider(model.provider).submit({
      attemptId: id,
      model: model.id,
      vendorModel,
      inputs,
      dimensions: dimensions ?? null,
      user: user ?? null,
      credential: connection.credential,
      signal,
    });
  }

  private close(
    draft: CallDraft<EmbeddingModel>,
    { texts, inputTokens }: EmbeddingReading,
    { served, value, error }: Ended,
  ): Promise<UsedTokens | null> {
    return this.books.close(draft, {
      served,
      usage: value?.usage ?? null,
      error,
      outputTokensMax: 0,
      uncounted: {
        texts,
        otherInputTokens: texts.length === 0 ? inputTokens : 0,
        meter: new RelayMeter(),
      },
    });
  }
}
