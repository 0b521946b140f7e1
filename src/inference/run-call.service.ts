import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { RoutingService } from '../routing/routing.service.js';
import { CallerSlots, type SlotLease } from '../upstream/caller-slots.port.js';
import { ErrorRules } from '../upstream/error-rules.js';
import { mayFailOver } from '../upstream/may-fail-over.js';
import { type CallProgress, UpstreamCalls } from '../upstream/upstream-calls.port.js';
import type { CallDraft, PricedCandidate, TextModel } from './call-draft.js';

/** The call of one candidate. Its promise must not settle before the vendor's work ends. */
export type CandidateCall<M extends TextModel, T> = (
  priced: PricedCandidate<M>,
  signal: AbortSignal,
  progress: CallProgress,
) => Promise<T>;

export interface CallOptions {
  /** Ends the waiting and the call. */
  signal: AbortSignal;
  /** Whether a part of an answer was handed on: then no other is asked. */
  hasBegun: () => boolean;
  phases: PhaseTimer;
  /** As `runOpened` gives it. Null = a slot is waited for. */
  slot: SlotLease | null;
}

/** What became of a call, and who was asked last. */
export type CallEnd<M extends TextModel, T> = { served: PricedCandidate<M> } & (
  { value: T; error: null } | { value: null; error: DomainError }
);

/** Asks one candidate after the other until one answers, fails for good, or none is left. */
@Injectable()
export class RunCallService {
  private readonly logger = new Logger(RunCallService.name);

  constructor(
    private readonly slots: CallerSlots,
    private readonly upstream: UpstreamCalls,
    private readonly routing: RoutingService,
    private readonly rules: ErrorRules,
    private readonly metrics: MetricsService,
  ) {}

  /**
   * Opens the books and takes a slot of the caller's at the same time, if one is free; else `run` waits for it, so that
   * only those wait whose money is set aside. Whatever comes of it, the slot is given back when the work has ended.
   * @throws whatever opening and work throw; when the books stay closed there is no work
   */
  async runOpened<T, R>(
    { asking }: CallDraft,
    phases: PhaseTimer,
    open: () => Promise<T>,
    work: (opened: T, slot: SlotLease | null) => Promise<R>,
  ): Promise<R> {
    const taking = this.slots.take(asking.caller.id);
    try {
      const opened = await phases.measure('hold', open);
      return await work(opened, await phases.measure('slot', () => taking));
    } finally {
      void taking.then((slot) => slot?.release());
    }
  }

  /** Under one of the caller's slots. Never throws for what a vendor or caller did: that is an end. */
  async run<M extends TextModel, T>(
    draft: CallDraft<M>,
    options: CallOptions,
    call: CandidateCall<M, T>,
  ): Promise<CallEnd<M, T>> {
    const { phases, signal } = options;
    let slot: SlotLease;
    try {
      signal.throwIfAborted();
      slot =
        options.slot ??
        (await phases.measure('slot', () => this.slots.acquire(draft.asking.caller.id, signal)));
    } catch (thrown) {
      return { served: draft.candidates[0]!, value: null, error: toUnsent(thrown, signal) };
    }
    try {
      return await phases.measure('upstream', () => this.tryAll(draft, options, call));
    } finally {
      void slot.release();
    }
  }

  private async tryAll<M extends TextModel, T>(
    draft: CallDraft<M>,
    { signal, hasBegun }: CallOptions,
    call: CandidateCall<M, T>,
  ): Promise<CallEnd<M, T>> {
    const { candidates } = draft;
    for (let index = 0; ; index += 1) {
      const served = candidates[index]!;
      const { model, connection, isSticky } = served.candidate;
      const hasAlternative = index + 1 < candidates.length;
      try {
        const value = await this.upstream.run(
          { connection, model: model.id, isSticky },
          { signal, hasAlternative, mayRepeat: () => !hasBegun() },
          (bounded, progress) => call(served, bounded, progress),
        );
        if (index > 0) await this.holdSession(draft, served);
        return { served, value, error: null };
      } catch (thrown) {
        const error = toKnown(thrown);
        this.tell(draft, served, error);
        if (!hasAlternative || hasBegun() || signal.aborted || !mayFailOver(error, draft)) {
          return { served, value: null, error: await this.explain(error) };
        }
        this.metrics.failovers.labels(model.provider, error.code).inc();
      }
    }
  }

  /** A conversation stays with the connection that took it over. */
  private async holdSession(draft: CallDraft, { candidate }: PricedCandidate): Promise<void> {
    await this.routing.holdSession(draft.asking, candidate);
  }

  /** What the caller is told of a failure: as operators want it. */
  private async explain(error: DomainError): Promise<DomainError> {
    return error instanceof ProviderError ? this.rules.apply(error) : error;
  }

  private tell({ id }: CallDraft, { candidate }: PricedCandidate, error: DomainError): void {
    const { model, connection } = candidate;
    this.logger.warn({
      message: 'call failed',
      attempt_id: id,
      provider: model.provider,
      model: model.id,
      connection: connection.id,
      code: error.code,
    });
  }
}

/** Nothing was sent. */
function toUnsent(thrown: unknown, signal: AbortSignal): DomainError {
  if (!signal.aborted || thrown instanceof DomainError) return toKnown(thrown);
  return new DomainError('generations.canceled', 'The call was canceled.', { cause: thrown });
}

/** What may be said of a fault. */
function toKnown(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  return new DomainError('internal', 'Something went wrong here. Try again.', { cause: thrown });
}
