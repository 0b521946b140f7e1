import { Injectable } from '@nestjs/common';
import { toAdmissionError } from '../billing/domain/budget-refusal.js';
import type {
  Admission,
  AdmitMember,
  BudgetWarning,
  Refusal,
} from '../billing/domain/settlement.js';
import { SettlementWriter } from '../billing/settlement-writer.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { spaceBeingDeleted } from '../spaces/domain/spaces.errors.js';
import type { CallDraft, TextModel } from './call-draft.js';
import { listThriftier, toHeldMoney } from './domain/text-call.js';
import { keyReused, RepeatedCallError } from './repeats/repeat-claim.js';

/** Beyond the deadline: a call that is over has been concluded long before its hold lapses. */
const HOLD_MARGIN_S = 120;
/** What the money is for, as a 402 tells. */
const USAGE_TYPES = { chat: 'chat_completion', embedding: 'embedding' } as const;

/** Sets the money of a call aside before anybody is called. */
@Injectable()
export class AdmitCallService {
  constructor(
    private readonly config: AppConfig,
    private readonly writer: SettlementWriter,
  ) {}

  /**
   * Where money refuses, what costs less is tried before that is said: the draft then runs without its dearer candidates.
   * @returns the budgets that run low
   * @throws DomainError 402 or 429 of wallet and budgets, `billing.unavailable`; then nothing was written
   */
  async admit<M extends TextModel>(draft: CallDraft<M>): Promise<readonly BudgetWarning[]> {
    const first = await this.hold(draft);
    if (!first.refusal) return first.warnings;
    const fault = toFault(first.refusal, draft);
    if (!isOfMoney(first.refusal, draft)) throw fault;
    for (const candidates of listThriftier(draft.candidates)) {
      const narrowed = { ...draft, candidates };
      const again = await this.hold(narrowed);
      if (!again.refusal) {
        draft.candidates = candidates;
        return again.warnings;
      }
      if (!isOfMoney(again.refusal, draft)) throw toFault(again.refusal, draft);
    }
    throw fault;
  }

  /**
   * More money for an answer that grows beyond what was set aside.
   * @throws DomainError as `admit`
   */
  async topUp(draft: CallDraft, amountMicros: number): Promise<void> {
    const { refusal } = await this.writer.admitWithWarnings({
      top_up: {
        hold_id: draft.holdId,
        transaction_id: newId(),
        amount_micros: amountMicros,
        actor: toActor(draft),
      },
    });
    if (refusal) throw toFault(refusal, draft);
  }

  private hold(draft: CallDraft): Promise<Admission> {
    return this.writer.admitWithWarnings(this.toMember(draft));
  }

  private toMember(draft: CallDraft): AdmitMember {
    const { caller, searchSpaceId } = draft.asking;
    const { amountMicros, funding } = toHeldMoney(draft.candidates);
    return {
      hold: {
        id: draft.holdId,
        transaction_id: newId(),
        search_space_id: searchSpaceId,
        user_id: caller.userId,
        api_key_id: caller.kind === 'api_key' ? caller.id : null,
        amount_micros: amountMicros,
        funding,
        price_version_id: draft.candidates[0]!.versionId,
        reference: `call:${draft.id}`,
        actor: toActor(draft),
        expires_in_s: this.config.inference.deadlineS + HOLD_MARGIN_S,
      },
      ...this.toClaim(draft),
    };
  }

  /** The key is claimed with the money, in the table and by the functions that pictures have for it. */
  private toClaim({ asking, holdId }: CallDraft): AdmitMember {
    if (!asking.claim) return {};
    const { callerId, route, key, fingerprint } = asking.claim;
    const claim = {
      caller_id: callerId,
      route,
      key,
      fingerprint,
      generation_id: holdId,
      ttl_s: this.config.generations.idempotencyTtlS,
    };
    return { claim };
  }
}

/** Who acts, as the ledger writes it. */
export function toActor({ asking: { caller } }: Pick<CallDraft, 'asking'>): string {
  return caller.kind === 'api_key' ? `api_key:${caller.id}` : `user:${caller.userId}`;
}

function isOfMoney(refusal: Refusal, draft: CallDraft): boolean {
  return toAdmissionError(refusal, USAGE_TYPES[draft.kind], draft.createdAt) !== null;
}

function toFault(refusal: Refusal, draft: CallDraft): DomainError {
  const unpaid = toAdmissionError(refusal, USAGE_TYPES[draft.kind], draft.createdAt);
  if (unpaid) return unpaid;
  if (refusal.code === 'spaces.closed') return spaceBeingDeleted();
  if (refusal.code === 'idempotency') {
    return refusal.same === true
      ? new RepeatedCallError(refusal.generation_id as string)
      : keyReused();
  }
  return new DomainError('billing.unavailable', 'The request was not admitted. Try again.', {
    cause: refusal,
  });
}
