import { Injectable } from '@nestjs/common';
import { CreditGate } from '../billing/domain/credit-gate.port.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import type { Asking } from './asking.js';
import type { GenerationRequest } from './domain/generation-request.js';
import { ATTACH_WITHIN_S, LOST_WITHIN_S } from './domain/idempotency.js';
import { OutstandingReader } from './domain/outstanding.reader.port.js';
import { RepeatsReader } from './domain/repeats.reader.port.js';

/** What the money is for, as a 402 tells. */
export const USAGE_TYPE = 'image_generation';
/** An account with more under way is far beyond what it can be asked about. */
const OUTSTANDING_MAX = 1_000;

/** Generation id → its pictures. */
type Begun = Map<string, number>;

export interface CheckedRequest {
  request: GenerationRequest;
  asking: Asking;
  /** The id the generation will have. */
  generationId: string;
  phases: PhaseTimer;
}

/** What a delegated account must pass before its request is admitted; nobody else is asked about. */
@Injectable()
export class CreditCheckService {
  /** By caller: what this process is about to admit, in the order of its coming. */
  private readonly begun = new Map<string, Begun>();

  constructor(
    private readonly gate: CreditGate,
    private readonly repeats: RepeatsReader,
    private readonly outstanding: OutstandingReader,
  ) {}

  /**
   * Does the work when credit covers it together with all that came before it and is not reported yet. A repeat is
   * answered from what was paid for, also without credit left and with the backend away.
   * @throws DomainError as CreditGate.assertCredit.
   */
  async run<T>(checked: CheckedRequest, work: () => Promise<T>): Promise<T> {
    const { request, asking, generationId, phases } = checked;
    const callerId = asking.caller.id;
    const begun: Begun = this.begun.get(callerId) ?? new Map();
    const ahead = new Map(begun);
    this.begun.set(callerId, begun.set(generationId, request.n));
    try {
      await phases.measure('limits', () => this.assertCovered(request, asking, ahead));
      return await work();
    } finally {
      begun.delete(generationId);
      if (begun.size === 0) this.begun.delete(callerId);
    }
  }

  private async assertCovered(
    request: GenerationRequest,
    asking: Asking,
    ahead: Begun,
  ): Promise<void> {
    if (await this.isRepeat(asking)) return;
    const { caller } = asking;
    // Before the credit is asked for: what is reported in between counts twice rather than never.
    const rows = await this.outstanding.list(caller.id, caller.userId, OUTSTANDING_MAX);
    for (const { generationId, pictures } of rows) ahead.set(generationId, pictures);
    const pendingPictures = [...ahead.values()].reduce((sum, pictures) => sum + pictures, 0);
    await this.gate.assertCredit(caller, {
      usageType: USAGE_TYPE,
      pictures: request.n,
      pendingPictures,
    });
  }

  /** Whether it is answered from what was paid for before. */
  async isRepeat({ caller, route, fingerprint, repetition }: Asking): Promise<boolean> {
    const { key, isRetry } = repetition;
    if (key === null && !isRetry) return false;
    const id = await this.repeats.find({
      callerId: caller.id,
      route,
      fingerprint,
      key,
      attachWithinS: ATTACH_WITHIN_S,
      lostWithinS: LOST_WITHIN_S,
    });
    return id !== null;
  }
}
