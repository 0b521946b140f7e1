import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import type { PromptOutcome } from '../generations/domain/prompt-rules.js';
import { PromptSafety } from '../moderation/prompt-safety.js';
import { isOptimizationDue } from './domain/optimizer-rules.js';
import { measurePrompt, type PromptStatistics } from './domain/prompt-statistics.js';
import { type OptimizerFailure, PromptOptimizerService } from './prompt-optimizer.service.js';

const ROUTE = 'POST /api/v1/prompts/validate';
const RETRY_AFTER_S = 10;
/** What of the caller's own money or limits refused the rewriting: it is told as it is. */
const OF_CALLER = /^(?:billing\.(?!no_price|unavailable)|limits\.)/;

export interface ValidationQuestion {
  caller: Caller;
  searchSpaceId: string;
  prompt: string;
  /** Also when it is short enough. */
  isForced: boolean;
  /** Idempotency-Key; null = none. */
  key: string | null;
}

export interface PromptValidationResult {
  statistics: PromptStatistics;
  outcome: PromptOutcome;
  /** Null = it was not rewritten. */
  optimizedPrompt: string | null;
  optimizationTimeMs: number | null;
  model: string | null;
  /** Why the rewriting was not taken; null = nothing is wrong. */
  failure: string | null;
}

/** Says of a prompt what would become of it, and has it shortened where that is due. Makes no pictures. */
@Injectable()
export class ValidatePromptService {
  constructor(
    private readonly safety: PromptSafety,
    private readonly optimizer: PromptOptimizerService,
  ) {}

  /**
   * @throws DomainError `moderation.blocked`; `service.unavailable` when a prompt is to be shortened and nobody can;
   * 402 and 429 of wallet, budgets and limits
   */
  async validate(question: ValidationQuestion): Promise<PromptValidationResult> {
    const { caller, searchSpaceId, prompt } = question;
    const statistics = measurePrompt(prompt);
    const none = { optimizedPrompt: null, optimizationTimeMs: null, model: null, failure: null };
    if (statistics.exceedsMaximum) return { statistics, outcome: 'too_long', ...none };
    const texts = [{ field: 'prompt', text: prompt }];
    await this.safety.assert({ searchSpaceId, caller, texts, surface: 'image' });
    const wish = question.isForced || undefined;
    if (!isOptimizationDue(statistics.characterCount, wish)) {
      return { statistics, outcome: 'valid', ...none };
    }
    const { key } = question;
    const { text, failure, timeMs, model } = await this.optimizer.optimize({
      caller,
      searchSpaceId,
      prompt,
      timeoutS: null,
      repeat: key === null ? null : { route: ROUTE, key },
    });
    if (failure?.kind === 'down') throw toUnavailable(failure);
    return {
      statistics,
      outcome: text === null ? 'optimization_failed' : 'optimized',
      optimizedPrompt: text,
      optimizationTimeMs: timeMs,
      model,
      failure: failure && failure.reason,
    };
  }
}

function toUnavailable({ reason, error }: OptimizerFailure): DomainError {
  if (error && OF_CALLER.test(error.code)) return error;
  return new DomainError(
    'service.unavailable',
    `The prompt optimizer is not available: ${reason}. Try again later, shorten the prompt to 3,000 characters ` +
      'yourself, or name a model that takes it as it is (GET /api/v1/models).',
    { retryAfterS: RETRY_AFTER_S, cause: error },
  );
}
