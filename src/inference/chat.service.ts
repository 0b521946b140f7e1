import { Injectable } from '@nestjs/common';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import { AppConfig } from '../config/app-config.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { PromptSafety } from '../moderation/prompt-safety.js';
import type { ChatModel } from '../providers/spec/chat-model.js';
import type { RoutePlan } from '../routing/route-plan.js';
import { RoutingService } from '../routing/routing.service.js';
import type { AnswerSink } from './answer-sink.js';
import { type CacheableCall, CachedCallsService } from './cache/cached-calls.service.js';
import type { TextAsking } from './call-draft.js';
import { findUnpriced } from './domain/find-unpriced.js';
import { type ChatReading, type ChatRequest, readChatRequest } from './domain/read-chat-request.js';
import type { HeldTokens } from './domain/text-call.js';
import { DraftCallService } from './draft-call.service.js';
import { RelayChatService } from './relay-chat.service.js';

export interface ChatQuestion {
  asking: TextAsking;
  headers: CacheableCall['headers'];
  request: ChatRequest;
  phases: PhaseTimer;
}

/** One chat completion, from the door to its conclusion. */
@Injectable()
export class ChatService {
  constructor(
    private readonly config: AppConfig,
    private readonly safety: PromptSafety,
    private readonly routing: RoutingService,
    private readonly drafts: DraftCallService,
    private readonly relay: RelayChatService,
    private readonly cached: CachedCallsService,
  ) {}

  /**
   * The answer goes to the sink; when this resolves it is whole, and its money is posted.
   * @throws DomainError what refused the request, and then nobody was called; or what ended the call, part of whose
   *   answer may have gone to the sink
   */
  async complete(question: ChatQuestion, sink: AnswerSink): Promise<void> {
    const { asking, headers, request, phases } = question;
    const reading = readChatRequest(request);
    await this.assertSafe(asking, reading);
    const plan = await this.plan(asking, request, reading);
    const draft = await this.drafts.draft(asking, plan, {
      toTokens: (model) => this.toHeld(model, reading),
      unpriced: findUnpriced(request),
    });
    const { isStream } = reading;
    const answer = await this.cached.open({ draft, headers, request, isStream }, sink);
    if (!answer) return;
    const usage = await this.relay.run({ draft, request, reading, phases }, answer.sink);
    void answer.finish({ usage });
  }

  private async assertSafe(asking: TextAsking, { texts }: ChatReading): Promise<void> {
    const { caller, searchSpaceId } = asking;
    await this.safety.assert({ caller, searchSpaceId, texts, surface: 'chat' });
  }

  private plan(
    asking: TextAsking,
    request: ChatRequest,
    reading: ChatReading,
  ): Promise<RoutePlan<ChatModel>> {
    const { caller, searchSpaceId, model, session } = asking;
    return this.routing.planChat(
      {
        searchSpaceId,
        model,
        enableFallback: undefined,
        maxRetries: undefined,
        session,
        isAllowed: (name) => isModelAllowed(caller, name),
      },
      { ...reading, inputTokensMin: 0 },
      request,
    );
  }

  private toHeld({ capabilities }: ChatModel, reading: ChatReading): HeldTokens {
    const { outputTokensMax } = capabilities;
    const { heldOutputTokens } = this.config.inference;
    const asked = reading.outputTokens ?? heldOutputTokens;
    const outputTokens = Math.min(asked, outputTokensMax, heldOutputTokens) * reading.answers;
    return { inputTokens: reading.inputTokens, outputTokens };
  }
}
