import { Injectable, Logger } from '@nestjs/common';
import { toAdmissionError } from '../billing/domain/budget-refusal.js';
import type { Refusal } from '../billing/domain/settlement.js';
import { DomainError } from '../common/domain-error.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { CollectionsService } from '../spaces/collections.service.js';
import { spaceBeingDeleted } from '../spaces/domain/spaces.errors.js';
import {
  AdmitGenerationService,
  type DraftedRun,
  type Extras,
} from './admit-generation.service.js';
import type { Asking } from './asking.js';
import { AwaitGenerationService } from './await-generation.service.js';
import { CreditCheckService, USAGE_TYPE } from './credit-check.service.js';
import type { Generation } from './domain/generation.js';
import {
  assertOwnInputs,
  assertRequest,
  bringsPictures,
  type GenerationRequest,
} from './domain/generation-request.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import type { Preference } from './domain/prefer.js';
import { queueFull } from './domain/queue-full.js';
import { GenerationInputs, type PreparedInput } from './generation-inputs.js';
import type { GenerationView } from './generation-view.js';
import { StartRunService } from './start-run.service.js';

const MS_PER_S = 1_000;

export interface Creation {
  view: GenerationView;
  /** Answered from an earlier request with the same key. */
  isReplay: boolean;
}

export interface CreateOptions {
  preference: Preference;
  phases: PhaseTimer;
  /** Told before the run begins, once it is paid for; also for a repeat that joins the run of its first. */
  onAdmitted?: (admitted: Admitted) => void;
}

export interface Admitted {
  generationId: string;
  /** Null = another request's, which is joined. */
  generation: Generation | null;
}

/** One request for pictures, from the door to its answer. */
@Injectable()
export class CreateGenerationService {
  private readonly logger = new Logger(CreateGenerationService.name);

  constructor(
    private readonly admissions: AdmitGenerationService,
    private readonly inputs: GenerationInputs,
    private readonly starts: StartRunService,
    private readonly waits: AwaitGenerationService,
    private readonly credit: CreditCheckService,
    private readonly collections: CollectionsService,
  ) {}

  /**
   * The generation, concluded when that happened within the wait.
   * @throws DomainError what refuses the request; then no row was written and nobody was called.
   */
  async create(asked: GenerationRequest, asking: Asking, given: CreateOptions): Promise<Creation> {
    assertRequest(asked);
    if (asking.caller.externalId !== undefined) assertOwnInputs(asked);
    const startedAtMs = performance.now();
    const request = await this.admissions.fill(asked);
    const { searchSpaceId, collectionId } = request;
    if (collectionId) await this.collections.assertInSpace(searchSpaceId, collectionId);
    const draft = await this.admissions.draftRun(request, asking);
    const options = { ...given, preference: toRest(given.preference, startedAtMs) };
    const begin = () => this.begin(request, draft, asking, options);
    if (asking.caller.externalId === undefined) return begin();
    const generationId = draft.generation.id;
    return this.credit.run({ request, asking, generationId, phases: options.phases }, begin);
  }

  private async begin(
    request: GenerationRequest,
    draft: DraftedRun,
    asking: Asking,
    options: CreateOptions,
  ): Promise<Creation> {
    const { preference, phases } = options;
    const isWaited = preference.waitS > 0;
    const ticket = isWaited ? this.starts.reserve(draft.generation) : null;
    const isIntake = !isWaited && bringsPictures(request);
    const intake = isIntake ? this.starts.reserveIntake(draft.generation) : null;
    let refusal: Refusal | null = null;
    let isAdmitted = false;
    try {
      refusal = await this.admit(request, draft, asking, ticket !== null, phases);
      isAdmitted = refusal === null;
    } finally {
      intake?.end();
      // Whoever only waits for another request's pictures takes no place from those who run.
      if (!isAdmitted) ticket?.end();
    }
    if (refusal) return this.answerRefusal(refusal, draft, options);
    const { generation } = draft;
    options.onAdmitted?.({ generationId: generation.id, generation });
    if (!ticket) {
      await this.starts.enqueue(draft.generation.id);
      return { view: toFreshView(draft), isReplay: false };
    }
    const running = this.starts.run(draft, ticket, phases);
    const view = await this.waits.race(draft.generation.id, running, preference.waitS);
    return { view: view ?? toFreshView(draft), isReplay: false };
  }

  /** Null = admitted. The ticket of a refused request is given back. */
  private async admit(
    request: GenerationRequest,
    draft: DraftedRun,
    asking: Asking,
    isRun: boolean,
    phases: PhaseTimer,
  ): Promise<Refusal | null> {
    const prepared = await this.inputs.prepare(request, draft.generation.id);
    // Pictures that go in must be stored before a worker may take the row: until then it is ours.
    const owns = isRun || prepared.length > 0;
    const start = owns
      ? ({ kind: 'run', owner: this.starts.owner } as const)
      : { kind: 'queue' as const };
    let isAdmitted = false;
    try {
      const refusal = await phases.measure('hold', () =>
        this.admissions.admit(draft, asking, start, {
          ...toExtras(draft, prepared),
          ...this.starts.toQueueMember(draft.generation, !isRun),
        }),
      );
      isAdmitted = refusal === null;
      if (refusal) return refusal;
      if (prepared.length > 0) await this.keepInputs(draft, prepared);
      if (owns && !isRun) await this.starts.release(draft);
      return null;
    } finally {
      if (!isAdmitted) await this.discard(prepared);
    }
  }

  /** Pictures that cannot be kept end the generation before anything was sent or is owed. */
  private async keepInputs(draft: OwnedRun, prepared: PreparedInput[]): Promise<void> {
    try {
      await this.inputs.keep(draft.generation.searchSpaceId, prepared);
    } catch (error) {
      await this.starts.fail(draft, error);
      throw error;
    }
  }

  private async answerRefusal(
    refusal: Refusal,
    draft: OwnedRun,
    { preference, onAdmitted }: CreateOptions,
  ): Promise<Creation> {
    const unpaid = toAdmissionError(refusal, USAGE_TYPE, draft.generation.createdAt);
    if (unpaid) throw unpaid;
    if (refusal.code === 'spaces.closed') throw spaceBeingDeleted();
    if (refusal.code === 'queue_full') throw queueFull(String(refusal.scope), Number(refusal.most));
    const id = refusal.generation_id as string;
    if (refusal.code === 'attach') {
      onAdmitted?.({ generationId: id, generation: null });
      return { view: await this.waits.waitFor(id, preference.waitS), isReplay: false };
    }
    if (refusal.code !== 'idempotency') {
      throw new DomainError('billing.unavailable', 'The request was not admitted. Try again.', {
        cause: refusal,
      });
    }
    if (refusal.same !== true) {
      throw new DomainError(
        'idempotency.key_reused',
        'This Idempotency-Key was used for another request. Send a new key.',
      );
    }
    return { view: await this.waits.getConcluded(id), isReplay: true };
  }

  private async discard(prepared: PreparedInput[]): Promise<void> {
    try {
      await this.inputs.discard(prepared);
    } catch (error) {
      // The sweep of incoming pictures removes them later.
      this.logger.warn(`inputs of a refused request were left behind: ${String(error)}`);
    }
  }
}

function toExtras({ parts, generation }: DraftedRun, inputs: readonly PreparedInput[]): Extras {
  return Object.fromEntries(parts.map(({ key, build }) => [key, build(generation, inputs)]));
}

/** What is left of the wait: a prompt that was shortened may have taken whole seconds of it. */
function toRest(preference: Preference, startedAtMs: number): Preference {
  const spentS = Math.floor((performance.now() - startedAtMs) / MS_PER_S);
  return { ...preference, waitS: Math.max(0, preference.waitS - spentS) };
}

function toFreshView({ generation, attempt }: OwnedRun): GenerationView {
  return { generation, attempts: [attempt], images: [] };
}
