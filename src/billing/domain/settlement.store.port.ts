import type { SettlementStep } from './settlement-rider.js';
import type { Verdict } from './settlement.js';

/** The members themselves are at fault (a constraint, a malformed value): nothing was written. */
export class MemberFault extends Error {
  override readonly name = 'MemberFault';
}

/** Runs one batch of a durable step as one transaction. */
export abstract class SettlementStore {
  /**
   * @param functions the batch functions in the order they run.
   * @param members each a JSON object as text.
   * @returns one verdict a member, in order.
   * @throws MemberFault when a part of the batch may still succeed alone.
   * @throws anything else when the store failed; whether the batch was committed is then unknown.
   */
  abstract run(
    step: SettlementStep,
    functions: readonly string[],
    members: readonly string[],
  ): Promise<Verdict[]>;
}
