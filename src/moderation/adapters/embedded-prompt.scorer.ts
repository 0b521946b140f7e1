import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type PromptRisk, PromptScorer } from '../domain/prompt-scorer.port.js';
import { scorePrompt } from '../domain/score-prompt.js';

/** Characters scored before other requests get their turn; nearly every request stays below. */
const CHARS_AT_ONCE = 131_072;

/** Patterns and shapes, in this process: no vendor, no network, no cost. */
@Injectable()
export class EmbeddedPromptScorer extends PromptScorer {
  score(texts: readonly string[]): readonly PromptRisk[] | Promise<readonly PromptRisk[]> {
    let chars = 0;
    for (const text of texts) chars += text.length;
    return chars <= CHARS_AT_ONCE ? texts.map(scorePrompt) : scoreInTurns(texts);
  }
}

async function scoreInTurns(texts: readonly string[]): Promise<readonly PromptRisk[]> {
  const risks: PromptRisk[] = [];
  let chars = 0;
  for (const text of texts) {
    risks.push(scorePrompt(text));
    chars += text.length;
    if (chars < CHARS_AT_ONCE) continue;
    chars = 0;
    await nextTurn();
  }
  return risks;
}
