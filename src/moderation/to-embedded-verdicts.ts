import {
  type CategoryVerdict,
  MODERATION_CATEGORIES,
  type ModerationCategory,
  type ModerationVerdict,
} from '../providers/spec/moderation-call.js';
import type { CheckedInput } from './domain/read-moderation-input.js';
import type { PromptRisk } from './domain/prompt-scorer.port.js';

const PERCENT = 100;
const UNJUDGED: CategoryVerdict = { isFlagged: false, score: 0, inputTypes: [] };
/** Attacks on models and systems are the only thing it knows; of OpenAI's words this comes nearest. */
const JUDGED: ModerationCategory = 'illicit';

/** What the embedded scorer found, in OpenAI's categories: all but one are not judged, and say so. */
export function toEmbeddedVerdicts(
  { form }: CheckedInput,
  risks: readonly PromptRisk[],
  flagPercent: number,
): ModerationVerdict[] {
  if (form !== 'parts') return risks.map(({ percent }) => toVerdict(percent, flagPercent));
  if (risks.length === 0) return [toVerdict(null, flagPercent)];
  return [toVerdict(Math.max(...risks.map(({ percent }) => percent)), flagPercent)];
}

/** @param percent null = there was no text */
function toVerdict(percent: number | null, flagPercent: number): ModerationVerdict {
  const isFlagged = percent !== null && percent >= flagPercent;
  const judged: CategoryVerdict =
    percent === null ? UNJUDGED : { isFlagged, score: percent / PERCENT, inputTypes: ['text'] };
  const categories = MODERATION_CATEGORIES.map(
    (name) => [name, name === JUDGED ? judged : UNJUDGED] as const,
  );
  return {
    isFlagged,
    categories: Object.fromEntries(categories) as Record<ModerationCategory, CategoryVerdict>,
  };
}
