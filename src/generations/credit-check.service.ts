import { Injectable } from '@nestjs/common';
import { CreditGate } from '../billing/domain/credit-gate.port.js';
import type { Asking } from './admit-generation.service.js';
import { assertOwnInputs, type GenerationRequest } from './domain/generation-request.js';
import { ATTACH_WITHIN_S, LOST_WITHIN_S } from './domain/idempotency.js';
import { RepeatsReader } from './domain/repeats.reader.port.js';

/** What the money is for, as a 402 tells. */
export const USAGE_TYPE = 'image_generation';

/** What a delegated account must pass before its request is admitted; nobody else is asked about. */
@Injectable()
export class CreditCheckService {
  constructor(
    private readonly gate: CreditGate,
    private readonly repeats: RepeatsReader,
  ) {}

  /**
   * A repeat is answered from what was paid for, also without credit left and with the backend away.
   * @throws DomainError `request.invalid` for pictures of the space; as CreditGate.assertCredit.
   */
  async assertMayBegin(request: GenerationRequest, asking: Asking): Promise<void> {
    assertOwnInputs(request);
    if (await this.isRepeat(asking)) return;
    await this.gate.assertCredit(asking.caller, { usageType: USAGE_TYPE, pictures: request.n });
  }

  private async isRepeat({ caller, route, fingerprint, repetition }: Asking): Promise<boolean> {
    const { key, isRetry } = repetition;
    if (key === null && !isRetry) return false;
    return this.repeats.exists({
      callerId: caller.id,
      route,
      fingerprint,
      key,
      attachWithinS: ATTACH_WITHIN_S,
      lostWithinS: LOST_WITHIN_S,
    });
  }
}
