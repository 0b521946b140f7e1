import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { CallerSlots, type SlotLease } from './caller-slots.port.js';
import { SlotLines } from './slot-lines.js';

const MS_PER_S = 1_000;
/** Worth coming back after: some call has ended by then. */
const RETRY_AFTER_S = 2;
export const CALLER_PREFIX = 'caller:';

/** `SLOTS_PER_CALLER` calls of one caller at once; the others wait for `SLOTS_PER_CALLER_WAIT_S`. */
@Injectable()
export class LimitedCallerSlots extends CallerSlots {
  constructor(
    private readonly config: AppConfig,
    private readonly lines: SlotLines,
  ) {
    super();
  }

  take(callerId: string): Promise<SlotLease | null> {
    const { slotsMax } = this.config.upstream.callerSlots;
    return this.lines.take(`${CALLER_PREFIX}${callerId}`, slotsMax);
  }

  async acquire(callerId: string, signal: AbortSignal): Promise<SlotLease> {
    const { slotsMax, waitersMax, waitS } = this.config.upstream.callerSlots;
    const rule = { slotsMax, waitersMax, waitMs: waitS * MS_PER_S };
    const place = await this.lines.acquire(`${CALLER_PREFIX}${callerId}`, rule, signal);
    if (typeof place !== 'string') return place;
    throw new DomainError(
      'limits.slots',
      place === 'full'
        ? `You have ${slotsMax} calls under way and ${waitersMax} waiting, which is the most. Wait until some have ended.`
        : `You have ${slotsMax} calls under way, which is the most, and none ended within ${waitS} s. Send fewer at once.`,
      { retryAfterS: RETRY_AFTER_S, details: { limit: slotsMax } },
    );
  }
}
