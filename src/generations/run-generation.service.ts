import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { describeCause } from '../http/error.filter.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { MediaService } from '../media/media.service.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { ImageResult } from '../providers/spec/image-result.js';
import { RoutingService } from '../routing/routing.service.js';
import { ConcludeGenerationService, type EndedRun } from './conclude-generation.service.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { noPicture, type Outcome } from './domain/outcome.js';
import type { GenerationView } from './generation-view.js';
import { persevere } from './persevere.js';
import { ReceivedPictures } from './received-pictures.js';
import { toImageCall } from './to-image-call.js';

const MS_PER_S = 1_000;

/** Makes the one call to the vendor and brings the generation to its end. Handlers and workers both come here. */
@Injectable()
export class RunGenerationService {
  private readonly logger = new Logger(RunGenerationService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly routing: RoutingService,
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
    const images = await phases.measure('media', () =>
      persevere('storing pictures', () => pictures.keep(result?.images ?? [])),
    );
    const ended: EndedRun = {
      run,
      images,
      outcome: toOutcome(result, error, images.length, pictures),
      served: { size: result?.served.size ?? null, quality: result?.served.quality ?? null },
      timingsMs: phases.toRecord(),
    };
    return phases.measure('post', () => this.conclusions.conclude(ended));
  }

  private async call(
    run: OwnedRun,
    cancel: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<{ result: ImageResult | null; error: DomainError | null }> {
    const { generation } = run;
    const stopTimer = this.metrics.upstreamSeconds.startTimer({ provider: generation.provider });
    try {
      const result = await this.submit(run, cancel, pictures);
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

  private async submit(
    run: OwnedRun,
    cancel: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageResult> {
    const { generation } = run;
    const target = this.routing.findTarget(generation.provider, generation.connection);
    if (!target) {
      throw new DomainError(
        'routing.no_connection',
        `The connection for ${generation.provider} is no longer configured. Choose another model.`,
      );
    }
    const assets = generation.options.hasInputs ? await this.listInputs(generation.id) : [];
    const deadline = AbortSignal.timeout(this.config.generations.deadlineS * MS_PER_S);
    const submission = await target.strategy.submit(
      toImageCall({
        run,
        connection: target.connection,
        inputs: assets.filter(({ role }) => role === 'input'),
        mask: assets.find(({ role }) => role === 'mask') ?? null,
        media: this.media,
        signal: AbortSignal.any([cancel, deadline]),
        deliver: (image) => pictures.take(image, target.connection),
      }),
    );
    if (submission.state === 'finished') return submission.result;
    throw new DomainError(
      'provider.unavailable',
      'This provider answers later, which this version cannot wait for. Choose another model.',
    );
  }

  private async listInputs(generationId: string) {
    return persevere('reading inputs', async () => {
      const [inputs, masks] = await Promise.all([
        this.media.findAssets([generationId], 'input'),
        this.media.findAssets([generationId], 'mask'),
      ]);
      return [...inputs, ...masks];
    });
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
