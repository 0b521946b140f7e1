import { Module } from '@nestjs/common';
import { EmbeddedPromptScorer } from './adapters/embedded-prompt.scorer.js';
import { PromptScorer } from './domain/prompt-scorer.port.js';
import { PromptAudit } from './prompt-audit.js';
import { PromptMetrics } from './prompt-metrics.js';
import { PromptSafety } from './prompt-safety.js';

/** What is looked at before it is sent. */
@Module({
  providers: [
    { provide: PromptScorer, useClass: EmbeddedPromptScorer },
    PromptAudit,
    PromptMetrics,
    PromptSafety,
  ],
  exports: [PromptSafety, PromptScorer],
})
export class ModerationModule {}
