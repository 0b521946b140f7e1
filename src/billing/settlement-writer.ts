import { Injectable, Logger } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import type { SettlementStep } from './domain/settlement-rider.js';
import { MemberFault, SettlementStore } from './domain/settlement.store.port.js';
import {
  type Admission,
  type AdmitMember,
  type Admitted,
  type AlreadySettled,
  type ConcludeMember,
  type ConcludeResult,
  isAlreadySettled,
  type Refusal,
  type Settled,
  toAdmission,
  type Verdict,
} from './domain/settlement.js';
import { GroupCommit, type GroupCommitBounds } from './group-commit.js';
import { SettlementRiders } from './settlement-riders.js';

const BOUNDS: GroupCommitBounds = {
  batchMax: 256,
  batchCharactersMax: 4 * 1_048_576,
  waitingMax: 4_096,
  waitingCharactersMax: 64 * 1_048_576,
  timeoutMs: 10_000,
};
const RETRY_AFTER_S = 1;

/**
 * Writes the two durable steps of a paid call, batched across requests: one lane each, so that a conclusion never
 * waits behind the crowd of new requests. Top-ups have their own: what they lock is in order only when they are alone.
 *
 * `billing.unavailable` may leave it unknown whether a member was committed: a conclusion is simply repeated with
 * the same ids; an admission must not go on to the vendor: its hold expires, and its rows are found by the reconciler.
 */
@Injectable()
export class SettlementWriter {
  private readonly logger = new Logger(SettlementWriter.name);
  private readonly admissions: GroupCommit<Verdict>;
  private readonly topUps: GroupCommit<Verdict>;
  private readonly conclusions: GroupCommit<Verdict>;

  constructor(
    private readonly store: SettlementStore,
    private readonly riders: SettlementRiders,
  ) {
    this.admissions = this.toLane('admit');
    this.topUps = this.toLane('top_up');
    this.conclusions = this.toLane('conclude');
  }

  /**
   * Holds the money and writes the riders' rows; or raises a hold that is open.
   * @returns null = admitted; else why this member was refused, and nothing of it was written.
   * @throws DomainError `billing.unavailable`, `internal` (a member that the database will not take).
   */
  async admit(member: AdmitMember): Promise<Refusal | null> {
    return (await this.admitWithWarnings(member)).refusal;
  }

  /** As `admit`, with the budgets that run low. */
  async admitWithWarnings(member: AdmitMember): Promise<Admission> {
    assert(!member.top_up || !member.hold, 'a top-up goes alone');
    const lane = member.top_up ? this.topUps : this.admissions;
    const verdict = await lane.submit(
      JSON.stringify(member),
      this.riders.findParts(member.top_up ? 'top_up' : 'admit', member),
    );
    return toAdmission(verdict as Refusal | Admitted | null);
  }

  /**
   * Ends the hold and writes the riders' rows. May be repeated: the first conclusion counts, and a repetition with
   * its own transaction id gets its result again, as if it were the first.
   * @throws DomainError `billing.unavailable`, `internal`.
   */
  async conclude(member: ConcludeMember): Promise<ConcludeResult> {
    const parts = this.riders.findParts('conclude', member);
    const result = (await this.conclusions.submit(JSON.stringify(member), parts)) as ConcludeResult;
    return isAlreadySettled(result) && result.replayed ? toSettled(result) : result;
  }

  /** Members that wait for their batch, for the metrics. */
  depth(): Record<SettlementStep, number> {
    return {
      admit: this.admissions.depth,
      top_up: this.topUps.depth,
      conclude: this.conclusions.depth,
    };
  }

  /** Resolves when everything submitted so far has ended. */
  async drain(): Promise<void> {
    await Promise.all([this.admissions.drain(), this.topUps.drain(), this.conclusions.drain()]);
  }

  private toLane(step: SettlementStep): GroupCommit<Verdict> {
    return new GroupCommit<Verdict>(BOUNDS, {
      commit: (members, parts) => this.commit(step, members, parts),
      isMemberFault: (error) => error instanceof DomainError && error.cause instanceof MemberFault,
      toFull: () => toUnavailable('Too many payments wait'),
      toTimeout: () => toUnavailable('Billing did not answer in time'),
    });
  }

  private async commit(
    step: SettlementStep,
    members: readonly string[],
    parts: number,
  ): Promise<Verdict[]> {
    try {
      return await this.store.run(step, this.riders.listFunctions(step, parts), members);
    } catch (error) {
      if (error instanceof MemberFault) {
        throw new DomainError('internal', 'The request could not be written.', { cause: error });
      }
      this.logger.error(`${step} of ${members.length} failed: ${String(error)}`);
      throw toUnavailable('Billing cannot be reached', error);
    }
  }
}

function toSettled({ state, posted_micros, shortfall_micros }: AlreadySettled): Settled {
  return { ok: true, state, posted_micros, shortfall_micros };
}

function toUnavailable(why: string, cause?: unknown): DomainError {
  return new DomainError('billing.unavailable', `${why}; try again in a moment.`, {
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}
