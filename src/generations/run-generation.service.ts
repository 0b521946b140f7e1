import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { describeCause } from '../http/error.filter.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaService } from '../media/media.service.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { ImageResult } from '../providers/spec/image-result.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { CallVendorService } from './call-vendor.service.js';
import { ConcludeGenerationService, type EndedRun } from './conclude-generation.service.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { noPicture, type Outcome } from './domain/outcome.js';
import { FailOverService } from './fail-over.service.js';
import type { GenerationView } from './generation-view.js';
import { persevere } from '../persistence/persevere.js';
import { ReceivedPictures } from './received-pictures.js';

interface Attempted {
  /** The run on the candidate that was asked last. */
  last: OwnedRun;
  pictures: ReturnType<ReceivedPictures['open']>;
  result: ImageResult | null;
  error: DomainError | null;
}

/**
 * Calls the vendor, or goes on with a call that was accepted, then those it may fall back to, and brings the generation
 * to its end. Handlers, workers and recovery come here.
 */
@Injectable()
export class RunGenerationService {
  private readonly logger = new Logger(RunGenerationService.name);

  constructor(
    private readonly vendor: CallVendorService,
    private readonly failOver: FailOverService,
    private readonly media: MediaService,
    private readonly received: ReceivedPictures,
    private readonly conclusions: ConcludeGenerationService,
    private readonly metrics: MetricsService,
  ) {}

  /**
   * Never throws for what a vendor or caller did: that is an outcome. Null when another process
   * concluded the generation meanwhile.
   */
  async run(
    run: OwnedRun,
    cancel: AbortSignal,
    phases: PhaseTimer,
  ): Promise<GenerationView | null> {
    const { last, pictures, result, error } = await this.attempt(run, cancel, phases);
    const images = await phases.measure('media', () => this.keep(last, pictures, result));
    const ended: EndedRun = {
      run: last,
      images,
      outcome: {
        ...toOutcome(result, error, images.length, pictures),
        billed: images.length === 0 ? await this.countBilled(last, error) : 0,
        ...(error && { error: await this.failOver.explain(error), attemptError: error }),
      },
      served: { size: result?.served.size ?? null, quality: result?.served.quality ?? null },
      timingsMs: phases.toRecord(),
    };
    return phases.measure('post', () => this.conclusions.conclude(ended));
  }

  /** What the vendor bills of a call that was canceled on its way. */
  private async countBilled(run: OwnedRun, error: DomainError | null): Promise<number> {
    // Only what a vendor had under way is a fault of its own; what was canceled in a line before it never reached it.
    if (!(error instanceof ProviderError) || error.code !== 'generations.canceled') return 0;
    return (await this.vendor.chargesCanceled(run)) ? run.generation.n : 0;
  }

  /** One candidate after the other, until one delivers, fails for good, or none is left. */
  private async attempt(
    run: OwnedRun,
    cancel: AbortSignal,
    phases: PhaseTimer,
  ): Promise<Attempted> {
    for (let last = run; ;) {
      const pictures = this.received.open(last.generation, last.attempt.id);
      const { result, error } = await phases.measure('upstream', () =>
        this.call(last, cancel, pictures),
      );
      const mayGoOn = error !== null && !cancel.aborted && (await this.isLost(last, pictures));
      const next = mayGoOn ? await this.failOver.advance(last, error) : null;
      if (!next) return { last, pictures, result, error };
      last = next;
    }
  }

  /** Whether nothing of the attempt has arrived, here or in an earlier process of its job. */
  private async isLost(
    { attempt }: OwnedRun,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<boolean> {
    if (pictures.count > 0) return false;
    return attempt.vendorReference === null || (await this.findStored(attempt.id)).length === 0;
  }

  private findStored(attemptId: string): Promise<MediaAsset[]> {
    return persevere('looking for pictures', async () => {
      const found = await this.media.recover(attemptId);
      return found.filter(({ role }) => role === 'output');
    });
  }

  /** Of a job that ended badly, what an earlier process of it had stored is delivered too. */
  private async keep(
    { attempt }: OwnedRun,
    pictures: ReturnType<ReceivedPictures['open']>,
    result: ImageResult | null,
  ): Promise<MediaAsset[]> {
    const kept = await persevere('storing pictures', () => pictures.keep(result?.images ?? []));
    if (kept.length > 0 || attempt.vendorReference === null) return kept;
    return this.findStored(attempt.id);
  }

  private async call(
    run: OwnedRun,
    cancel: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<{ result: ImageResult | null; error: DomainError | null }> {
    const { generation } = run;
    const stopTimer = this.metrics.upstreamSeconds.startTimer({ provider: generation.provider });
    try {
      const result = await this.vendor.call(run, cancel, pictures);
      stopTimer({ outcome: 'answered' });
      return { result, error: null };
    } catch (thrown) {
      const error = toKnown(thrown);
      stopTimer({ outcome: error.code });
      this.logger.warn({
        message: 'attempt failed',
        generation_id: generation.id,
        attempt_id: run.attempt.id,
        code: error.code,
        cause: describeCause(error.cause ?? error),
      });
      return { result: null, error };
    }
  }
}

/** What the record may say of a fault. */
export function toKnown(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  return new DomainError('internal', 'The generation failed inside the service. Try again.', {
    cause: thrown,
  });
}

function toOutcome(
  result: ImageResult | null,
  error: DomainError | null,
  delivered: number,
  pictures: { warnings: Outcome['warnings'] },
): Outcome {
  const isEmpty = error === null && delivered === 0;
  return {
    delivered,
    made: Math.max(result?.answeredCount ?? 0, delivered),
    requests: result?.requestsCount,
    error: error ?? (isEmpty ? noPicture() : null),
    warnings: [
      ...(result?.warnings ?? []).map(({ code, message }) => ({ code, message })),
      ...pictures.warnings,
    ],
    usage: result?.usage ? { ...result.usage } : null,
    vendorRequestId:
      result?.vendorRequestId ??
      (error as { vendorRequestId?: string | null } | null)?.vendorRequestId ??
      null,
  };
}
