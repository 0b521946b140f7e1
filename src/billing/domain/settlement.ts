/**
 * The two durable steps of a paid call, as plain JSON: what a member of a batch brings, and what it gets back.
 * Names are those of the database functions that read them. Other rooms add their own keys to a member.
 */

/** Money set aside before the vendor is called. Give `account_id` when it is known, else the space. */
export interface HoldRequest {
  /** UUIDv7 of the new hold, by `newId()`. */
  id: string;
  /** UUIDv7 of its ledger transaction. */
  transaction_id: string;
  account_id?: string;
  search_space_id?: string;
  /** Whole micros, 0 or more. 0 moves nothing. */
  amount_micros: number;
  /**
   * Whose money it is; absent = `wallet`. `subscription`: the wallet does not move, the windows of the space's
   * subscription count. `none` (free tier, own credential): nothing moves, whatever the amount.
   */
  funding?: Funding;
  /** Who acts, for budgets of users, members and keys. */
  user_id?: string | null;
  api_key_id?: string | null;
  price_version_id?: string;
  /** What the money is for: the generation's id, ≤ 200 characters. */
  reference?: string;
  /** Who asked: `user:…` or `api_key:…`, ≤ 200 characters. */
  actor?: string;
  /** One of the two: seconds from now, or an RFC 3339 time. */
  expires_in_s?: number;
  expires_at?: string;
}

export type Funding = 'wallet' | 'subscription' | 'none';

/**
 * More money for an open hold, from the same wallet and under the same budgets. Refused with the codes of holds; with
 * `billing.hold_closed` and the state when the hold has ended, `billing.hold_missing` when there is none.
 */
export interface TopUpRequest {
  hold_id: string;
  /** UUIDv7 of its ledger transaction; the same one again is admitted again and moves nothing. */
  transaction_id: string;
  /** Whole micros, 0 or more, on top of what is held. A hold of 0 that budgets would count cannot grow: `internal`. */
  amount_micros: number;
  /** Who asked: `user:…` or `api_key:…`, ≤ 200 characters. */
  actor?: string;
}

/** The end of a hold. The first conclusion counts; a further one gets `already`. */
export interface SettleRequest {
  hold_id: string;
  /** UUIDv7 of the ledger transaction; the same one again is known as a repetition. */
  transaction_id: string;
  /** `expire` is refused while the hold is not due. */
  action: 'post' | 'void' | 'expire';
  /** For `post`: what is owed, more or less than was held. Absent = all of the hold. */
  amount_micros?: number;
  actor?: string;
  /** Puts the hold on the reconciliation list, with this reason: `interrupted`. */
  review?: string;
  /** For the reconciliation list. */
  attempt_id?: string;
}

/** One billable call: the row of `usage_records`. No prompts. What was charged comes from the settlement. */
export interface UsageEntry {
  /** The attempt's id, UUIDv7: the same one again is passed over. */
  id: string;
  search_space_id: string;
  collection_id?: string | null;
  user_id?: string | null;
  api_key_id?: string | null;
  generation_id?: string | null;
  provider: string;
  /** Name of the credential, cut at 200 characters. */
  connection?: string | null;
  model: string;
  /** What the caller asked for, where another one ran; cut at 200 characters. */
  requested_model?: string | null;
  /** `generate`, `edit`, `chat`… */
  operation: string;
  kind: 'image' | 'chat' | 'embedding' | 'moderation';
  /** `platform` moves the wallet; `free`, `byok` and `subscription` do not. */
  tier: 'platform' | 'free' | 'byok' | 'subscription';
  /** `succeeded`, `partially_succeeded`, `failed`, `canceled`… */
  outcome: string;
  images_requested?: number;
  images_delivered?: number;
  input_tokens?: number;
  cached_input_tokens?: number;
  image_input_tokens?: number;
  cached_image_input_tokens?: number;
  output_tokens?: number;
  image_output_tokens?: number;
  price_version_id?: string | null;
  /** What the call costs by the price list, whoever pays. */
  list_cost_micros?: number;
  /** What the list price was multiplied by, in basis points: 10,000 (the default) = the price itself. */
  multiplier_bp?: number;
  /** From the request to its end. */
  latency_ms?: number | null;
  /** The vendor did not say what it used. */
  is_estimated?: boolean;
}

export interface AdmitMember {
  hold?: HoldRequest;
  /** Goes alone: no hold beside it, and other rooms have no part in it. */
  top_up?: TopUpRequest;
  [room: string]: unknown;
}

export interface ConcludeMember {
  settle?: SettleRequest;
  usage?: UsageEntry;
  [room: string]: unknown;
}

/** Why a member was refused; nothing of it was written. */
export interface Refusal {
  code: string;
  [detail: string]: unknown;
}

/** An admitted hold under which a budget has reached its first threshold. */
export interface BudgetWarning {
  budget_id: string;
  budget_name: string;
  scope: string;
  mode: 'hard' | 'soft';
  /** Of the period's limit, with what is held; whole percent, rounded down. */
  used_percent: number;
  limit_micros: number;
  remaining_micros: number;
}

/** An admission that has something to tell. */
export interface Admitted {
  ok: true;
  budget_warnings: readonly BudgetWarning[];
}

export interface Admission {
  /** Null = admitted; else why not, and nothing was written. */
  refusal: Refusal | null;
  warnings: readonly BudgetWarning[];
}

export type HoldState = 'held' | 'posted' | 'voided' | 'expired';

/** This conclusion counted. `shortfall_micros`: owed, and not there to be taken. */
export interface Settled {
  ok: true;
  state: HoldState;
  posted_micros: number;
  shortfall_micros: number;
}

/**
 * Another conclusion had counted before, and nothing was written. `replayed`: it had this transaction id; the writer
 * hands such a one out as `Settled`.
 */
export interface AlreadySettled extends Refusal {
  code: 'already';
  state: HoldState;
  posted_micros: number;
  shortfall_micros: number;
  replayed: boolean;
}

/** Null: concluded, and the member brought no `settle`. */
export type ConcludeResult = Settled | AlreadySettled | Refusal | null;

/** What a batch function answers for a member. Null and `ok: true` are no refusals. */
export type Verdict = Refusal | Admitted | Settled | null;

export function isSettled(result: ConcludeResult): result is Settled {
  return result !== null && 'ok' in result && result.ok === true;
}

export function isAlreadySettled(result: ConcludeResult): result is AlreadySettled {
  return result !== null && 'code' in result && result.code === 'already';
}

export function toAdmission(verdict: Refusal | Admitted | null): Admission {
  if (verdict === null) return { refusal: null, warnings: [] };
  if (!isAdmitted(verdict)) return { refusal: verdict, warnings: [] };
  return { refusal: null, warnings: verdict.budget_warnings };
}

function isAdmitted(verdict: Refusal | Admitted): verdict is Admitted {
  return 'ok' in verdict && verdict.ok === true;
}
