import type { ModerationAnswer } from '../../moderation/moderations.service.js';
import type {
  CategoryVerdict,
  ModerationCategory,
  ModerationVerdict,
} from '../../providers/spec/moderation-call.js';

/** The answer of OpenAI's `POST /moderations`. */
export function toModerationAnswer({ id, model, verdicts }: ModerationAnswer): object {
  return { id: `modr-${id}`, model, results: verdicts.map(toResult) };
}

function toResult({ isFlagged, categories }: ModerationVerdict): object {
  return {
    flagged: isFlagged,
    categories: pick(categories, (verdict) => verdict.isFlagged),
    category_scores: pick(categories, (verdict) => verdict.score),
    category_applied_input_types: pick(categories, (verdict) => verdict.inputTypes),
  };
}

function pick(
  categories: ModerationVerdict['categories'],
  of: (verdict: CategoryVerdict) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(categories) as [ModerationCategory, CategoryVerdict][];
  return Object.fromEntries(entries.map(([name, verdict]) => [name, of(verdict)]));
}
