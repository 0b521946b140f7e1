import { Injectable, Logger } from '@nestjs/common';
import { PriceBook } from '../billing/price-book.js';
import {
  type ConcludeMember,
  type ConcludeResult,
  isAlreadySettled,
  isSettled,
} from '../billing/domain/settlement.js';
import { SettlementWriter } from '../billing/settlement-writer.js';
import { Clock } from '../common/clock.js';
import { type Micros, toMicros } from '../common/micros.js';
import { ERROR_FACES } from '../http/error-map.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaReleases } from '../media/domain/media-releases.port.js';
import { MediaService } from '../media/media.service.js';
import { OutboxSignal } from '../persistence/outbox.port.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import {
  type ImageCharge,
  NOTHING_CHARGED,
  type ReportedUsage,
} from '../billing/domain/charge-image.js';
import { toSentPrompt } from './domain/generation.js';
import { toConcludeMember } from './conclude-member.js';
import { toDeadLetter } from './jobs/to-dead-letter.js';
import { type Conclusion, type Outcome, toAttemptError, toConclusion } from './domain/outcome.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import type { GenerationView } from './generation-view.js';
import { persevere } from '../persistence/persevere.js';

export interface EndedRun {
  run: OwnedRun;
  outcome: Outcome;
  images: readonly MediaAsset[];
  /** What the vendor says it made, where it says so. */
  served: { size: string | null; quality: string | null };
  timingsMs: Record<string, number>;
  /** False = no vendor has had the last attempt. Absent = one may have. */
  wasSent?: boolean;
}

/** Ends a generation exactly once: money, rows, usage and news in one durable step. */
@Injectable()
export class ConcludeGenerationService {
  private readonly logger = new Logger(ConcludeGenerationService.name);

  constructor(
    private readonly clock: Clock,
    private readonly prices: PriceBook,
    private readonly writer: SettlementWriter,
    private readonly media: MediaService,
    private readonly unitOfWork: UnitOfWork,
    private readonly signal: OutboxSignal,
  ) {}

  /**
   * Repeats until it is written. Null when another process had concluded it before. If that one found nothing to
   * charge, the pictures of this run are taken back; if it charged, it found these pictures, and they stay.
   */
  async conclude(ended: EndedRun): Promise<GenerationView | null> {
    const { generation, attempt } = ended.run;
    const conclusion = toConclusion(generation.n, ended.outcome);
    const charge = await this.toCharge(ended);
    const finishedAt = this.clock.now();
    const member = toConcludeMember({
      generation,
      attempt,
      outcome: ended.outcome,
      conclusion,
      charge,
      timingsMs: ended.timingsMs,
      finishedAt,
      freesKey: charge.listMicros === 0 && isWorthRepeating(conclusion),
    });
    const letter = toDeadLetter(ended.run, conclusion, ended.wasSent ?? true);
    const result = await this.write({ ...member, ...letter });
    if (!isSettled(result)) {
      const isPaid = isAlreadySettled(result) && result.state === 'posted';
      if (!isPaid) await persevere('taking pictures back', () => this.takeBack(ended.images));
      return null;
    }
    this.signal.nudge();
    return toView(ended, conclusion, toMicros(result.posted_micros), finishedAt);
  }

  private async write(member: ConcludeMember): Promise<ConcludeResult> {
    return persevere('a conclusion', () => this.writer.conclude(member));
  }

  /** By the list and on the terms that the money was held with. */
  private async toCharge({ run, outcome, images, served }: EndedRun): Promise<ImageCharge> {
    // What a vendor bills though it was canceled is owed as if it had come.
    const units = outcome.delivered || (outcome.billed ?? 0);
    if (units === 0) return NOTHING_CHARGED;
    const { generation } = run;
    const { quote } = generation;
    const [first] = images;
    const charge = await this.prices.charge({
      provider: generation.provider,
      model: generation.model,
      operation: generation.operation,
      connection: generation.connection,
      versionId: quote.priceVersionId,
      terms: quote.terms,
      widthPx: first?.widthPx ?? generation.options.widthPx,
      heightPx: first?.heightPx ?? generation.options.heightPx,
      size: served.size ?? generation.size,
      quality: served.quality ?? generation.quality,
      delivered: units,
      made: Math.max(outcome.made, units),
      requests: outcome.requests,
      usage: outcome.usage as ReportedUsage | null,
      quoted: { listMicros: quote.listMicros ?? quote.holdMicros, unitMicros: quote.unitMicros },
    });
    if (charge.isCut) this.logger.warn(toImplausible(run, charge, outcome));
    return charge;
  }

  private async takeBack(images: readonly MediaAsset[]): Promise<void> {
    if (images.length === 0) return;
    const ids = images.map(({ id }) => id);
    const released = await this.unitOfWork.run((scope) =>
      scope.get(MediaReleases).releaseAssets(ids),
    );
    await this.media.purge(released);
  }
}

/** For whoever looks at the reconciliation list: a vendor that counts wrong, or a price that is. */
function toImplausible({ generation }: OwnedRun, charge: ImageCharge, outcome: Outcome): string {
  const { id, provider, model } = generation;
  const counted = JSON.stringify(outcome.usage);
  return `${provider} reported more for ${model} than generation ${id} can have cost; charged ${charge.chargeMicros} micros instead: ${counted}`;
}

/** What the rows say now, without asking them. */
function toView(
  { run, outcome, images, timingsMs }: EndedRun,
  conclusion: Conclusion,
  costMicros: Micros,
  finishedAt: Date,
): GenerationView {
  const { generation, attempt, earlier = [] } = run;
  return {
    generation: {
      ...generation,
      status: conclusion.status,
      sentPrompt: toSentPrompt(generation),
      error: conclusion.error,
      costMicros,
      usage: outcome.usage,
      warnings: [...generation.warnings, ...outcome.warnings],
      timingsMs,
      finishedAt,
    },
    attempts: [
      ...earlier,
      {
        ...attempt,
        state: conclusion.attemptState,
        vendorRequestId: outcome.vendorRequestId,
        error: toAttemptError(conclusion, outcome),
        costMicros,
        finishedAt,
      },
    ],
    images: [...images],
  };
}

/** A failure that cost nothing and may be lifted by trying again keeps no Idempotency-Key. */
function isWorthRepeating({ status, error }: Conclusion): boolean {
  if (status !== 'failed' || !error) return false;
  const face = ERROR_FACES[error.code as keyof typeof ERROR_FACES];
  return face?.retry ?? false;
}
