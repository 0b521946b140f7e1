/** Whom a multiplier is for: a user or a route, in one space or everywhere; a space; everybody. */
export const RULE_SCOPES = ['user', 'route', 'space', 'default'] as const;

export type RuleScope = (typeof RULE_SCOPES)[number];

/** What list prices are multiplied with. */
export interface PriceRule {
  id: string;
  scope: RuleScope;
  /** Of scope user, else null. */
  userId: string | null;
  /** Of scope route: the public name of a model or route. Else null. */
  routeName: string | null;
  /** Of scope space; of scope user and route the space it is bound to. Null = everywhere. */
  searchSpaceId: string | null;
  /** Basis points: 10,000 = as listed, 0 = free. */
  multiplierBp: number;
  note: string | null;
  createdBy: string;
  createdAt: Date;
}

/** A hundred times the list: a slip of the finger ends here. */
export const MULTIPLIER_BP_MAX = 1_000_000;
/** Rules of an installation: every process keeps all of them. */
export const PRICE_RULES_MAX = 10_000;
