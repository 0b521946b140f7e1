/** Events that people want to be told of, and the audit trail keeps. Also the actions under which it keeps them. */
export const BUDGET_THRESHOLD_REACHED = 'budget.threshold_reached';
export const BUDGET_EXHAUSTED = 'budget.exhausted';
export const SPEND_ANOMALOUS = 'spend.anomalous';
