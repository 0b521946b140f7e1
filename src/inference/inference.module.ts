import { Module } from '@nestjs/common';
import { BillingModule } from '../billing/billing.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { ModerationModule } from '../moderation/moderation.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { RoutingModule } from '../routing/routing.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { AdmitCallService } from './admit-call.service.js';
import { CachedCallsService } from './cache/cached-calls.service.js';
import { ResponseCacheModule } from './cache/response-cache.module.js';
import { CallDeadlines } from './call-deadlines.js';
import { ChatService } from './chat.service.js';
import { ConcludeCallService } from './conclude-call.service.js';
import { TokenCounter } from './counting/token-counter.port.js';
import { WorkerTokenCounter } from './counting/worker-token-counter.js';
import { CountUsageService } from './count-usage.service.js';
import { DraftCallService } from './draft-call.service.js';
import { EmbeddingsService } from './embeddings.service.js';
import { GrowHoldService } from './grow-hold.service.js';
import { PrepareChatService } from './prepare-chat.service.js';
import { RelayChatService } from './relay-chat.service.js';
import { SqlCallClaims } from './repeats/adapters/sql-call-claims.js';
import { CallClaims } from './repeats/call-claims.port.js';
import { KeptReplies } from './repeats/kept-replies.js';
import { RepeatsService } from './repeats/repeats.service.js';
import { ResponsesService } from './responses.service.js';
import { RunCallService } from './run-call.service.js';
import { RunEmbeddingService } from './run-embedding.service.js';
import { TextBooksService } from './text-books.service.js';

/** Calls for text: chat completions and embeddings, from the plan to the conclusion. */
@Module({
  imports: [
    ConnectionsModule,
    BillingModule,
    ModerationModule,
    ProvidersModule,
    ResponseCacheModule,
    RoutingModule,
    UpstreamModule,
  ],
  providers: [
    { provide: TokenCounter, useClass: WorkerTokenCounter },
    AdmitCallService,
    CachedCallsService,
    CallDeadlines,
    ChatService,
    ConcludeCallService,
    CountUsageService,
    DraftCallService,
    EmbeddingsService,
    GrowHoldService,
    PrepareChatService,
    { provide: CallClaims, useClass: SqlCallClaims },
    KeptReplies,
    RelayChatService,
    ResponsesService,
    RepeatsService,
    RunCallService,
    RunEmbeddingService,
    TextBooksService,
  ],
  exports: [ChatService, EmbeddingsService, PrepareChatService, ResponsesService],
})
export class InferenceModule {}
