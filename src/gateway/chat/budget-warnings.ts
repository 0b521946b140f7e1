import { toWarningBody } from '../../billing/domain/budget-warning.js';
import type { BudgetWarning } from '../../billing/domain/settlement.js';
import type { AnswerStart } from '../../inference/answer-sink.js';

const OBJECT_END = 0x7d;
const MS_PER_S = 1_000;

/** Puts `budget_warnings` behind the last field of a JSON object, without reading the rest of it. */
export function addBudgetWarnings(json: Buffer, warnings: readonly BudgetWarning[]): Buffer {
  const end = json.lastIndexOf(OBJECT_END);
  if (end === -1) return json;
  const field = `,"budget_warnings":${JSON.stringify(warnings.map(toWarningBody))}}`;
  return Buffer.concat([json.subarray(0, end), Buffer.from(field)]);
}

/** The same at the beginning of a stream: a chunk without choices. */
export function toWarningsEvent({ callId, model, warnings }: AnswerStart): string {
  const chunk = {
    id: `chatcmpl-${callId}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / MS_PER_S),
    model,
    choices: [],
    budget_warnings: warnings.map(toWarningBody),
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
