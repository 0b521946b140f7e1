import { Injectable, type OnModuleInit } from '@nestjs/common';
import { countCharacters } from '../common/count-characters.js';
import { AppConfig } from '../config/app-config.js';
import type { Asking } from '../generations/asking.js';
import type { GenerationRequest, TemplateWish } from '../generations/domain/generation-request.js';
import {
  type FilledTemplate,
  type PreparedPrompt,
  PromptPreparer,
  PromptPreparers,
} from '../generations/prompt-preparers.js';
import { isOptimizationDue, OPTIMIZE_ABOVE_CHARS } from './domain/optimizer-rules.js';
import { PromptOptimizerService } from './prompt-optimizer.service.js';
import { PromptTemplatesService } from './prompt-templates.service.js';

/** Prepares the prompts of generations. */
@Injectable()
export class SpacePromptPreparer extends PromptPreparer implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly preparers: PromptPreparers,
    private readonly templates: PromptTemplatesService,
    private readonly optimizer: PromptOptimizerService,
  ) {
    super();
  }

  onModuleInit(): void {
    this.preparers.register(this);
  }

  async fill(searchSpaceId: string, wish: TemplateWish): Promise<FilledTemplate> {
    const { prompt, version } = await this.templates.renderIn(searchSpaceId, wish);
    return { prompt, id: wish.id, version };
  }

  findLengthMax({ prompt, optimizePrompt }: GenerationRequest): number | null {
    const length = countCharacters(prompt);
    if (!isOptimizationDue(length, optimizePrompt)) return null;
    return Math.min(length, OPTIMIZE_ABOVE_CHARS - 1);
  }

  async prepare(request: GenerationRequest, asking: Asking): Promise<PreparedPrompt> {
    const { prompt, searchSpaceId } = request;
    const { caller, route, repetition } = asking;
    const originalLength = countCharacters(prompt);
    if (caller.externalId !== undefined) return toUnoffered(originalLength);
    const { text, failure, timeMs, model } = await this.optimizer.optimize({
      caller,
      searchSpaceId,
      prompt,
      timeoutS: this.config.generations.syncWaitS,
      repeat: repetition.key === null ? null : { route, key: repetition.key },
    });
    return {
      sentPrompt: text,
      validation: {
        outcome: text === null ? 'optimization_failed' : 'optimized',
        originalLength,
        optimizedLength: text === null ? null : countCharacters(text),
        optimizationTimeMs: timeMs,
        model,
      },
      failure: failure && failure.reason,
    };
  }
}

/** A delegated account's credit is counted in pictures, by somebody else: it makes no calls for text. */
function toUnoffered(originalLength: number): PreparedPrompt {
  return {
    sentPrompt: null,
    validation: {
      outcome: 'optimization_failed',
      originalLength,
      optimizedLength: null,
      optimizationTimeMs: null,
      model: null,
    },
    failure: 'prompts of delegated accounts are not rewritten',
  };
}
