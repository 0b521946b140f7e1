import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { HoldsReader, type OverdueHold } from './domain/holds.reader.port.js';
import { isSettled, type SettleRequest } from './domain/settlement.js';
import { SettlementWriter } from './settlement-writer.js';

const ACTOR = 'system:hold-expiry';
/** `call:` and the attempt's id: a call of a chat or embedding model, which has no generation to tell what became of it. */
const CALL_FORM = /^call:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Why a call whose hold expired is on the reconciliation list: the vendor may have been paid. */
const INTERRUPTED = 'interrupted';

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

  /**
   * Expires those of the holds that are still open and due; answers how many. Work that ends later is still charged. A
   * call of which nothing else is known is put on the reconciliation list.
   */
  async expire(holdIds: readonly string[]): Promise<number> {
    const references = await this.holds.findReferences(holdIds);
    const results = await Promise.all(
      holdIds.map((holdId) =>
        this.writer.conclude({
          settle: {
            hold_id: holdId,
            transaction_id: newId(),
            action: 'expire',
            actor: ACTOR,
            ...toReview(references.get(holdId)),
          },
        }),
      ),
    );
    return results.filter(isSettled).length;
  }
}

function toReview(reference = ''): Pick<SettleRequest, 'review' | 'attempt_id'> {
  const attemptId = CALL_FORM.exec(reference)?.[1];
  return attemptId ? { review: INTERRUPTED, attempt_id: attemptId } : {};
}
