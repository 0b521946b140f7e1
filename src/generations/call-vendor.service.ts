import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { joinSignals } from '../common/join-signals.js';
import { AppConfig } from '../config/app-config.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaService } from '../media/media.service.js';
import type { JsonValue } from '../common/json-value.js';
import type { ImageStatusCall } from '../providers/spec/image-call.js';
import type { ImageProviderStrategy } from '../providers/spec/image-provider.strategy.js';
import type { ImageResult, ImageSubmission } from '../providers/spec/image-result.js';
import type { Connection } from '../connections/connection.js';
import { RoutingService } from '../routing/routing.service.js';
import { UpstreamCalls } from '../upstream/upstream-calls.port.js';
import { toLeftMs } from './domain/deadline.js';
import { GenerationsRepository, type OwnedRun } from './domain/generations.repository.port.js';
import { followSubmission, tellToStop } from './follow-submission.js';
import { persevere } from '../persistence/persevere.js';
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
    private readonly upstream: UpstreamCalls,
  ) {}

  /**
   * Through a slot of its connection, and again on it where that is safe.
   * @throws DomainError what the vendor, the deadline or the store did; `upstream.…` when nothing was sent
   */
  async call(
    run: OwnedRun,
    cancel: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageResult> {
    const { generation, attempt } = run;
    const { searchSpaceId, provider, connection: connectionId } = generation;
    const target = await this.routing.findTarget(
      { searchSpaceId, provider, connectionId },
      attempt.vendorReference !== null,
    );
    if (!target) throw noConnection(provider);
    return joinSignals([cancel, this.toDeadline(run)], (signal) =>
      this.callUntil(signal, run, target, pictures),
    );
  }

  /** Whether the vendor bills jobs that were canceled, as its model's capabilities say. */
  async chargesCanceled({ generation }: OwnedRun): Promise<boolean> {
    const { searchSpaceId, provider, connection: connectionId, model } = generation;
    const target = await this.routing.findTarget({ searchSpaceId, provider, connectionId }, true);
    if (!target) return false;
    const { strategy, connection } = target;
    const own = connection.models.get(model)?.model;
    const capabilities = own?.kind === 'image' ? own.capabilities : strategy.capabilities(model);
    return capabilities?.chargesCanceled ?? false;
  }

  private async callUntil(
    signal: AbortSignal,
    run: OwnedRun,
    target: Target,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageResult> {
    const { generation, attempt } = run;
    const { connection } = target;
    // A job that another process ordered is under way at the vendor, whatever its connection looks like now.
    if (attempt.vendorReference !== null) return this.follow(run, target, signal, pictures);
    const { isSticky = false, fallbacks = [] } = generation.options;
    const result = await this.upstream.run(
      { connection, model: generation.model, isSticky },
      {
        signal,
        hasAlternative: fallbacks.length > 0,
        mayRepeat: () => attempt.vendorReference === null && pictures.count === 0,
      },
      (bounded) => this.send(run, target, bounded, pictures),
    );
    await this.holdSession(run, target);
    return result;
  }

  /** A conversation stays with the connection that took it over. */
  private async holdSession({ generation, earlier }: OwnedRun, target: Target): Promise<void> {
    const { session = null } = generation.options;
    if (session === null || !earlier || earlier.length === 0) return;
    const { searchSpaceId, model } = generation;
    await this.routing.holdSession(
      { searchSpaceId, session },
      { model: { id: model }, connection: target.connection },
    );
  }

  private async send(
    run: OwnedRun,
    target: Target,
    signal: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageResult> {
    const submission = await this.submit(run, target, signal, pictures);
    if (submission.state === 'finished') return submission.result;
    await this.keep(run, submission.reference);
    return this.follow(run, target, signal, pictures);
  }

  private follow(
    run: OwnedRun,
    target: Target,
    signal: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageResult> {
    return followSubmission(target.strategy, toStatusCall(run, target, signal, pictures));
  }

  private async submit(
    run: OwnedRun,
    target: Target,
    signal: AbortSignal,
    pictures: ReturnType<ReceivedPictures['open']>,
  ): Promise<ImageSubmission> {
    const { generation } = run;
    const { strategy, connection } = target;
    const assets = generation.options.hasInputs ? await this.listInputs(generation.id) : [];
    const call = toImageCall({
      run,
      connection,
      inputs: assets.filter(({ role }) => role === 'input'),
      mask: assets.find(({ role }) => role === 'mask') ?? null,
      media: this.media,
      signal,
      deliver: (image) => pictures.take(image, connection),
      keep: (reference) => this.keep(run, reference),
      onPartial: pictures.onPartial,
      onProgress: pictures.onProgress,
      isWatched: pictures.isWatched,
    });
    try {
      return await strategy.submit(call);
    } catch (error) {
      // Of several jobs some were taken, and nobody will fetch them.
      if (run.attempt.vendorReference !== null) {
        await tellToStop(strategy, toStatusCall(run, target, signal, pictures));
      }
      throw error;
    }
  }

  private async keep({ attempt }: OwnedRun, reference: JsonValue): Promise<void> {
    attempt.vendorReference = reference;
    await persevere('a vendor reference', () =>
      this.repository.keepReference(attempt.id, reference),
    );
  }

  /** From the moment the first call was sent, whoever goes on and however many follow; or the request's own, if sooner. */
  private toDeadline({ generation, attempt, earlier = [] }: OwnedRun): AbortSignal {
    const { deadlineS } = this.config.generations;
    const isResumed = attempt.vendorReference !== null;
    const now = this.clock.now();
    const sentAt = earlier[0]?.sentAt ?? (isResumed ? attempt.sentAt : null) ?? now;
    const houseMs = deadlineS * MS_PER_S - (now.getTime() - sentAt.getTime());
    const leftMs = Math.min(houseMs, toLeftMs(generation.deadlineAt, now) ?? Infinity);
    const leastMs = isResumed ? RESUME_S_MIN * MS_PER_S : 0;
    return AbortSignal.timeout(Math.max(leftMs, leastMs));
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

function toStatusCall(
  { generation, attempt }: OwnedRun,
  { connection }: Target,
  signal: AbortSignal,
  pictures: ReturnType<ReceivedPictures['open']>,
): ImageStatusCall {
  return {
    attemptId: attempt.id,
    model: generation.model,
    reference: attempt.vendorReference,
    n: generation.n,
    credential: connection.credential,
    signal,
    deliver: (image) => pictures.take(image, connection),
    onProgress: pictures.onProgress,
  };
}

function noConnection(provider: string): DomainError {
  return new DomainError(
    'routing.no_connection',
    `The connection for ${provider} serves this space no longer. Choose another model.`,
  );
}
