import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaService } from '../media/media.service.js';
import type { JsonValue } from '../common/json-value.js';
import type { ImageCall } from '../providers/spec/image-call.js';
import type { ImageProviderStrategy } from '../providers/spec/image-provider.strategy.js';
import type { ImageResult } from '../providers/spec/image-result.js';
import type { Connection } from '../routing/connections.js';
import { RoutingService } from '../routing/routing.service.js';
import { GenerationsRepository, type OwnedRun } from './domain/generations.repository.port.js';
import { followSubmission } from './follow-submission.js';
import { persevere } from './persevere.js';
import type { ReceivedPictures } from './received-pictures.js';
import { toImageCall } from './to-image-call.js';

const MS_PER_S = 1_000;
/** A job that another process began is asked after at least this long, however old it is. */
const RESUME_S_MIN = 60;

interface Target {
  strategy: ImageProviderStrategy;
  connection: Connection;
}

/**
 * The one call of an attempt. A vendor that answers later is asked after its job; the job's reference is kept before
 * the first question, so that another process asks on after a crash, and nothing is sent or paid twice.
 */
@Injectable()
export class CallVendorService {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly routing: RoutingService,
    private readonly media: MediaService,
    private readonly repository: GenerationsRepository,
  ) {}

  /** @throws DomainError what the vendor, the deadline or the store did */
  async call(
    run: OwnedRun,
    cancel: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageResult> {
    const { generation, attempt } = run;
    const target = this.routing.findTarget(generation.provider, generation.connection);
    if (!target) throw noConnection(generation.provider);
    const signal = AbortSignal.any([cancel, this.toDeadline(run)]);
    const deliver: ImageCall['deliver'] = (image) => pictures.take(image, target.connection);
    if (attempt.vendorReference === null) {
      const submission = await this.submit(run, target, signal, deliver);
      if (submission.state === 'finished') return submission.result;
      await this.keep(run, submission.reference);
    }
    return followSubmission(target.strategy, {
      attemptId: attempt.id,
      model: generation.model,
      reference: attempt.vendorReference,
      n: generation.n,
      credential: target.connection.credential,
      signal,
      deliver,
    });
  }

  private async submit(
    run: OwnedRun,
    { strategy, connection }: Target,
    signal: AbortSignal,
    deliver: ImageCall['deliver'],
  ) {
    const { generation } = run;
    const assets = generation.options.hasInputs ? await this.listInputs(generation.id) : [];
    return strategy.submit(
      toImageCall({
        run,
        connection,
        inputs: assets.filter(({ role }) => role === 'input'),
        mask: assets.find(({ role }) => role === 'mask') ?? null,
        media: this.media,
        signal,
        deliver,
      }),
    );
  }

  private async keep({ attempt }: OwnedRun, reference: JsonValue): Promise<void> {
    attempt.vendorReference = reference;
    await persevere('a vendor reference', () =>
      this.repository.keepReference(attempt.id, reference),
    );
  }

  /** From the moment the call was sent, whoever goes on with it. */
  private toDeadline({ attempt }: OwnedRun): AbortSignal {
    const { deadlineS } = this.config.generations;
    if (attempt.vendorReference === null) return AbortSignal.timeout(deadlineS * MS_PER_S);
    const sentAt = attempt.sentAt ?? this.clock.now();
    const passedMs = this.clock.now().getTime() - sentAt.getTime();
    const leftMs = Math.max(deadlineS * MS_PER_S - passedMs, RESUME_S_MIN * MS_PER_S);
    return AbortSignal.timeout(leftMs);
  }

  private async listInputs(generationId: string): Promise<MediaAsset[]> {
    return persevere('reading inputs', async () => {
      const [inputs, masks] = await Promise.all([
        this.media.findAssets([generationId], 'input'),
        this.media.findAssets([generationId], 'mask'),
      ]);
      return [...inputs, ...masks];
    });
  }
}

function noConnection(provider: string): DomainError {
  return new DomainError(
    'routing.no_connection',
    `The connection for ${provider} is no longer configured. Choose another model.`,
  );
}
