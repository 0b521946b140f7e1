import { Module } from '@nestjs/common';
import { BillingModule } from '../billing/billing.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { EmbeddedPromptScorer } from './adapters/embedded-prompt.scorer.js';
import { PromptScorer } from './domain/prompt-scorer.port.js';
import { ModerationConnections } from './moderation-connections.js';
import { ModerationUsage } from './moderation-usage.js';
import { ModerationsService } from './moderations.service.js';
import { PromptAudit } from './prompt-audit.js';
import { PromptMetrics } from './prompt-metrics.js';
import { PromptSafety } from './prompt-safety.js';
import { VendorModeration } from './vendor-moderation.js';

/** What is looked at before it is sent, and what callers have judged. */
@Module({
  imports: [BillingModule, ConnectionsModule, ProvidersModule, UpstreamModule],
  providers: [
    { provide: PromptScorer, useClass: EmbeddedPromptScorer },
    ModerationConnections,
    ModerationUsage,
    ModerationsService,
    PromptAudit,
    PromptMetrics,
    PromptSafety,
    VendorModeration,
  ],
  exports: [ModerationsService, PromptSafety],
})
export class ModerationModule {}
