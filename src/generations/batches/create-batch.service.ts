import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { DomainError } from '../../common/domain-error.js';
import { newId } from '../../common/ids.js';
import { runBounded } from '../../common/run-bounded.js';
import type { PhaseTimer } from '../../http/phase-timer.js';
import { toAnswerStatus } from '../../http/render-error.js';
import type { Asking } from '../asking.js';
import { CreateGenerationService } from '../create-generation.service.js';
import type { Batch, BatchFault } from '../domain/batch.js';
import { BatchesRepository } from '../domain/batches.repository.port.js';
import { toFingerprint } from '../domain/fingerprint.js';
import type { GenerationRequest } from '../domain/generation-request.js';
import type { GenerationView } from '../generation-view.js';
import { toKnown } from '../run-generation.service.js';
import { ViewGenerationsService } from '../view-generations.service.js';

/** Requests of one batch that are waited for at once. */
const CONCURRENCY = 3;
const MS_PER_S = 1_000;

/** A batch that was not closed by then was left by a process that ended; whoever repeats it goes on with it. */
const WORK_MAX_S = 300;
const RETRY_AFTER_S = 2;

/** What became of one request. */
interface BatchItem {
  /** Null = it was refused. */
  view: GenerationView | null;
  error: DomainError | null;
}

export interface BatchResult {
  batch: Batch;
  /** In the order of the requests; null = refused, or deleted since. */
  views: readonly (GenerationView | null)[];
  /** Answered from an earlier request with the same key. */
  isReplay: boolean;
}

export interface BatchOptions {
  /** Seconds for all of them together; what has not begun by then is queued. */
  waitS: number;
  phases: PhaseTimer;
}

/** Several requests at once: each is admitted, held, run and refused by itself. */
@Injectable()
export class CreateBatchService {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly generations: CreateGenerationService,
    private readonly views: ViewGenerationsService,
    private readonly batches: BatchesRepository,
  ) {}

  /**
   * @param requests of one space, at least one
   * @param asking its key and fingerprint are the batch's
   * @throws DomainError when all requests were refused for the same reason: then nothing of the batch is left, and its
   * key is free. `idempotency.key_reused`, `idempotency.in_progress`
   */
  async create(
    requests: readonly GenerationRequest[],
    asking: Asking,
    options: BatchOptions,
  ): Promise<BatchResult> {
    const batch = this.toBatch(requests, asking);
    const { idempotencyTtlS } = this.config.generations;
    const earlier = await this.batches.claim(batch, idempotencyTtlS);
    const work = (on: Batch, made: BatchResult['views']) =>
      this.work(on, made, requests, asking, options);
    if (!earlier) return work(batch, []);
    assertRepeat(earlier, batch);
    const found = await this.views.findMany(earlier.generationIds);
    const byId = new Map(found.map((view) => [view.generation.id, view]));
    const views = earlier.generationIds.map((id) => byId.get(id) ?? null);
    if (earlier.closedAt === null) return work(earlier, views);
    return { batch: earlier, views, isReplay: true };
  }

  /** @param made what was admitted before by whoever left it, however it ended */
  private async work(
    batch: Batch,
    made: BatchResult['views'],
    requests: readonly GenerationRequest[],
    asking: Asking,
    { waitS, phases }: BatchOptions,
  ): Promise<BatchResult> {
    const endsAtMs = performance.now() + waitS * MS_PER_S;
    const items = await runBounded(requests, CONCURRENCY, async (request, index) => {
      const view = made[index];
      if (view) return { view, error: null };
      const leftS = Math.max(0, (endsAtMs - performance.now()) / MS_PER_S);
      const id = batch.generationIds[index]!;
      return this.createOne({ ...request, id }, toItemAsking(asking, index), leftS, phases);
    });
    return this.close(batch, items);
  }

  private async createOne(
    request: GenerationRequest,
    asking: Asking,
    waitS: number,
    phases: PhaseTimer,
  ): Promise<BatchItem> {
    try {
      const preference = { waitS, applied: null };
      const { view } = await this.generations.create(request, asking, { preference, phases });
      return { view, error: null };
    } catch (error) {
      const known = toKnown(error);
      const view = await this.findRunning(known);
      return { view, error: view ? null : known };
    }
  }

  /** What was admitted under its key meanwhile, and has not ended. */
  private async findRunning({ code, details }: DomainError): Promise<GenerationView | null> {
    const id = details.generation_id;
    if (code !== 'idempotency.in_progress' || typeof id !== 'string') return null;
    const [view] = await this.views.findMany([id]);
    return view ?? null;
  }

  private async close(batch: Batch, items: readonly BatchItem[]): Promise<BatchResult> {
    const reason = findCommonRefusal(items);
    if (reason) {
      // Somebody else is at work on them, and will close it.
      if (reason.code !== 'idempotency.in_progress') await this.batches.remove(batch.id);
      throw reason;
    }
    const closed: Batch = {
      ...batch,
      generationIds: items.map(({ view }, index) =>
        view ? view.generation.id : batch.generationIds[index]!,
      ),
      faults: items.map(({ error }) => error && toFault(error)),
      closedAt: this.clock.now(),
    };
    await this.batches.close(closed);
    return { batch: closed, views: items.map(({ view }) => view), isReplay: false };
  }

  private toBatch(
    requests: readonly GenerationRequest[],
    { caller, fingerprint, repetition }: Asking,
  ): Batch {
    return {
      id: newId(),
      searchSpaceId: requests[0]!.searchSpaceId,
      createdBy: caller.userId,
      callerId: caller.id,
      key: repetition.key,
      fingerprint,
      generationIds: requests.map(() => newId()),
      faults: requests.map(() => null),
      createdAt: this.clock.now(),
      closedAt: null,
    };
  }
}

/** A key that comes again stands for the same batch, and waits for one that is worked on. */
function assertRepeat(earlier: Batch, batch: Batch): void {
  if (earlier.fingerprint !== batch.fingerprint) {
    throw new DomainError(
      'idempotency.key_reused',
      'This Idempotency-Key was used for another batch. Send a new key.',
    );
  }
  const ageMs = batch.createdAt.getTime() - earlier.createdAt.getTime();
  if (earlier.closedAt !== null || ageMs > WORK_MAX_S * MS_PER_S) return;
  throw new DomainError(
    'idempotency.in_progress',
    'The batch with this Idempotency-Key is still being worked on. Ask again in a moment.',
    { retryAfterS: RETRY_AFTER_S, details: { batch_id: earlier.id } },
  );
}

/** Each place has a key of its own, so that whoever goes on with a batch repeats nothing that was admitted. */
function toItemAsking(asking: Asking, index: number): Asking {
  const { key, isRetry } = asking.repetition;
  return {
    ...asking,
    fingerprint: toFingerprint([asking.fingerprint, index]),
    repetition: { key: key === null ? null : `${key}#${index}`, isRetry },
    isRepeatable: false,
  };
}

function findCommonRefusal(items: readonly BatchItem[]): DomainError | null {
  const first = items[0]?.error ?? null;
  return first && items.every(({ error }) => error?.code === first.code) ? first : null;
}

function toFault(error: DomainError): BatchFault {
  return {
    code: error.code,
    message: error.message,
    status: toAnswerStatus(error),
    retryAfterS: error.retryAfterS,
  };
}
