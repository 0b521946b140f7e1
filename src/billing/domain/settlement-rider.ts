/** The two durable steps, and between them more money for what was admitted. */
export type SettlementStep = 'admit' | 'top_up' | 'conclude';

/** A room's part of a durable step: its rows are committed with the money, or not at all. */
export interface SettlementRider {
  step: Exclude<SettlementStep, 'top_up'>;
  /**
   * `before_money` may refuse members by a verdict. `after_money` may not: the money of a member has moved by then,
   * so a function that cannot write its rows raises, and the batch is run again member by member.
   */
  stage: 'before_money' | 'after_money';
  /** A database function `(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]`; lower-case letters and underscores. */
  sqlFunction: string;
  /**
   * The keys of a member that it acts on. A batch none of whose members has one of them is written without it; absent =
   * it runs in every batch.
   */
  keys?: readonly string[];
}
