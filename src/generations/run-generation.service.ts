import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { describeCause } from '../http/error.filter.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaService } from '../media/media.service.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { ImageResult } from '../providers/spec/image-result.js';
import { CallVendorService } from './call-vendor.service.js';
import { ConcludeGenerationService, type EndedRun } from './conclude-generation.service.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { noPicture, type Outcome } from './domain/outcome.js';
import type { GenerationView } from './generation-view.js';
import { persevere } from './persevere.js';
import { ReceivedPictures } from './received-pictures.js';

/**
 * Makes the one call to the vendor, or goes on with one that was accepted, and brings the generation to its end.
 * Handlers, workers and recovery come here.
 */
@Injectable()
export class RunGenerationService {
  private readonly logger = new Logger(RunGenerationService.name);

  constructor(
    private readonly vendor: CallVendorService,
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
    const { generation, attempt } = run;
    const pictures = this.received.open(generation, attempt.id);
    const { result, error } = await phases.measure('upstream', () =>
      this.call(run, cancel, pictures),
    );
    const images = await phases.measure('media', () => this.keep(run, pictures, result));
    const ended: EndedRun = {
      run,
      images,
      outcome: toOutcome(result, error, images.length, pictures),
      served: { size: result?.served.size ?? null, quality: result?.served.quality ?? null },
      timingsMs: phases.toRecord(),
    };
    return phases.measure('post', () => this.conclusions.conclude(ended));
  }

  /** Of a job that ended badly, what an earlier process of it had stored is delivered too. */
  private async keep(
    { attempt }: OwnedRun,
    pictures: ReturnType<ReceivedPictures['open']>,
    result: ImageResult | null,
  ): Promise<MediaAsset[]> {
    return persevere('storing pictures', async () => {
      const kept = await pictures.keep(result?.images ?? []);
      if (kept.length > 0 || attempt.vendorReference === null) return kept;
      const found = await this.media.recover(attempt.id);
      return found.filter(({ role }) => role === 'output');
    });
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
