import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { HoldsReader, type OverdueHold } from './domain/holds.reader.port.js';
import { isSettled } from './domain/settlement.js';
import { SettlementWriter } from './settlement-writer.js';

const ACTOR = 'system:hold-expiry';

/**
 * Holds that nobody concluded. Which of them may expire is known above: a hold whose generation runs, or has stored
 * assets, must not.
 */
@Injectable()
export class HoldsService {
  constructor(
    private readonly holds: HoldsReader,
    private readonly writer: SettlementWriter,
  ) {}

  /** The longest overdue first. */
  listOverdue(limit: number): Promise<OverdueHold[]> {
    return this.holds.listOverdue(limit);
  }

  /** Expires those of the holds that are still open and due; answers how many. Work that ends later is still charged. */
  async expire(holdIds: readonly string[]): Promise<number> {
    const results = await Promise.all(
      holdIds.map((holdId) =>
        this.writer.conclude({
          settle: { hold_id: holdId, transaction_id: newId(), action: 'expire', actor: ACTOR },
        }),
      ),
    );
    return results.filter(isSettled).length;
  }
}
