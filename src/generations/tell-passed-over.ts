import type { Candidate, RouteDecision } from '../routing/route-plan.js';

/** What has no price is told as skipped, and the first that has one as chosen. */
export function tellPassedOver(
  decision: RouteDecision,
  passedOver: ReadonlyMap<Candidate, string>,
): RouteDecision {
  if (passedOver.size === 0) return decision;
  const reasons = new Map(
    [...passedOver].map(([{ model, connection }, reason]) => [
      toKey(model.id, connection.id),
      reason,
    ]),
  );
  let hasChosen = false;
  const candidates = decision.candidates.map((one) => {
    if (one.outcome === 'skipped') return one;
    const reason = reasons.get(toKey(one.model, one.connection));
    if (reason) return { ...one, outcome: 'skipped' as const, reason };
    const outcome = hasChosen ? ('fallback' as const) : ('chosen' as const);
    hasChosen = true;
    return { ...one, outcome };
  });
  return { ...decision, candidates };
}

function toKey(model: string, connection: string): string {
  return `${connection}\n${model}`;
}
