import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import {
  type CategoryVerdict,
  MODERATION_CATEGORIES,
  type ModerationCall,
  type ModerationCategory,
  type ModerationVerdict,
} from '../spec/moderation-call.js';
import type { OpenaiModerationItem } from './openai-moderation-api.js';

const UNJUDGED: CategoryVerdict = { isFlagged: false, score: 0, inputTypes: [] };
const INPUT_TYPES = ['text', 'image'] as const;

/** @throws MalformedAnswerError for verdicts that are too few or too many, or that say nothing */
export function mapOpenaiModerationResult(
  { verdictCount }: ModerationCall,
  items: readonly OpenaiModerationItem[],
): ModerationVerdict[] {
  if (items.length !== verdictCount) {
    throw new MalformedAnswerError(`${items.length} verdicts where ${verdictCount} are due`);
  }
  return items.map(toVerdict);
}

function toVerdict(item: OpenaiModerationItem): ModerationVerdict {
  if (typeof item.flagged !== 'boolean') throw new MalformedAnswerError('a verdict says nothing');
  const categories = MODERATION_CATEGORIES.map((name) => [name, toCategory(item, name)] as const);
  return {
    isFlagged: item.flagged,
    categories: Object.fromEntries(categories) as Record<ModerationCategory, CategoryVerdict>,
  };
}

/** Models of before 2024-09 know fewer categories, and do not tell that they read text alone. */
function toCategory(item: OpenaiModerationItem, name: ModerationCategory): CategoryVerdict {
  const isFlagged = item.categories[name];
  const score = item.scores[name];
  if (isFlagged === null || isFlagged === undefined) return UNJUDGED;
  if (typeof isFlagged !== 'boolean' || typeof score !== 'number' || !(score >= 0 && score <= 1)) {
    throw new MalformedAnswerError(`no verdict on ${name}`);
  }
  const told = item.inputTypes[name];
  const inputTypes = Array.isArray(told) ? INPUT_TYPES.filter((type) => told.includes(type)) : null;
  return { isFlagged, score, inputTypes: inputTypes ?? ['text'] };
}
