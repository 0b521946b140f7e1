import { Injectable, Logger } from '@nestjs/common';
import type { DomainError } from '../common/domain-error.js';
import { Clock } from '../common/clock.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { ErrorRules } from '../upstream/error-rules.js';
import { toNextCandidate } from './domain/apply-candidate.js';
import type { Attempt } from './domain/generation.js';
import { GenerationsRepository, type OwnedRun } from './domain/generations.repository.port.js';
import { toGenerationError } from './domain/outcome.js';
import { toAttempt } from './draft-generation.service.js';
import { LocalRuns } from './local-runs.js';
import { mayFailOver } from '../upstream/may-fail-over.js';
import { persevere } from '../persistence/persevere.js';

/** Brings a run whose attempt failed to the next of its candidates, and says what is told when none is left. */
@Injectable()
export class FailOverService {
  private readonly logger = new Logger(FailOverService.name);

  constructor(
    private readonly clock: Clock,
    private readonly repository: GenerationsRepository,
    private readonly runs: LocalRuns,
    private readonly metrics: MetricsService,
    private readonly rules: ErrorRules,
  ) {}

  /**
   * The run on its next candidate, whose attempt is written and counts as sent from now on. Null when the failure allows
   * no other, none is left, or the run is another process's by now.
   */
  async advance(run: OwnedRun, error: DomainError): Promise<OwnedRun | null> {
    // What became of a job that was ordered, only the vendor can say.
    const isOrdered = run.attempt.vendorReference !== null;
    if (isOrdered && !(error instanceof ProviderError)) return null;
    if (!mayFailOver(error, run.generation.options)) return null;
    const generation = toNextCandidate(run.generation);
    if (!generation) return null;
    const failed = toFailed(run.attempt, error, this.clock.now());
    const attempt: Attempt = {
      ...toAttempt(generation),
      ordinal: failed.ordinal + 1,
      state: 'sent',
      sentAt: this.clock.now(),
    };
    const next = { generation, failed, attempt };
    const isOurs = await persevere('the next attempt', () =>
      this.repository.beginNext(next, this.runs.owner),
    );
    if (!isOurs) return null;
    this.tell(run, generation.connection, error);
    return { generation, attempt, earlier: [...(run.earlier ?? []), failed] };
  }

  /** What the caller is told of the failure with which all ended: as operators want it. */
  async explain(error: DomainError | null): Promise<DomainError | null> {
    return error instanceof ProviderError ? this.rules.apply(error) : error;
  }

  private tell({ generation, attempt }: OwnedRun, to: string, error: DomainError): void {
    this.metrics.failovers.labels(generation.provider, error.code).inc();
    this.logger.warn({
      message: 'failed over',
      generation_id: generation.id,
      attempt_id: attempt.id,
      from: generation.connection,
      to,
      code: error.code,
    });
  }
}

function toFailed(attempt: Attempt, error: DomainError, finishedAt: Date): Attempt {
  return {
    ...attempt,
    state: 'failed',
    error: toGenerationError(error),
    vendorRequestId: error instanceof ProviderError ? error.vendorRequestId : null,
    finishedAt,
  };
}
