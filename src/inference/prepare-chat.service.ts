import { Injectable } from '@nestjs/common';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import { AppConfig } from '../config/app-config.js';
import { PromptSafety } from '../moderation/prompt-safety.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { ChatModel } from '../providers/spec/chat-model.js';
import type { RoutePlan } from '../routing/route-plan.js';
import { RoutingService } from '../routing/routing.service.js';
import type { CallDraft, TextAsking } from './call-draft.js';
import { findUnpriced } from './domain/find-unpriced.js';
import { type ChatReading, type ChatRequest, readChatRequest } from './domain/read-chat-request.js';
import type { HeldTokens } from './domain/text-call.js';
import { DraftCallService } from './draft-call.service.js';
import type { SubmitChat } from './relay-chat.service.js';

/** A chat call that may be made: what runs, what it costs at most, and how it is sent. */
export interface PreparedChat {
  draft: CallDraft<ChatModel>;
  reading: ChatReading;
  submit: SubmitChat;
}

/** From a request for chat to the call that would be made. Writes nothing and calls nobody. */
@Injectable()
export class PrepareChatService {
  constructor(
    private readonly config: AppConfig,
    private readonly safety: PromptSafety,
    private readonly routing: RoutingService,
    private readonly drafts: DraftCallService,
    private readonly factory: ProviderFactory,
  ) {}

  /** @throws DomainError what refuses the request */
  async prepare(asking: TextAsking, request: ChatRequest): Promise<PreparedChat> {
    const reading = readChatRequest(request);
    const { caller, searchSpaceId } = asking;
    const { texts } = reading;
    await this.safety.assert({ caller, searchSpaceId, texts, surface: 'chat' });
    const plan = await this.plan(asking, request, reading);
    const draft = await this.drafts.draft(asking, plan, {
      toTokens: (model) => this.toHeld(model, reading),
      unpriced: findUnpriced(request),
    });
    return { draft, reading, submit: this.toSubmit(draft.id, request, reading) };
  }

  private toSubmit(
    attemptId: string,
    request: ChatRequest,
    { isStream: stream }: ChatReading,
  ): SubmitChat {
    return ({ candidate: { model, connection, vendorModel } }, signal) =>
      this.factory.getChatProvider(model.provider).submit({
        attemptId,
        model: model.id,
        vendorModel,
        request,
        stream,
        credential: connection.credential,
        signal,
      });
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
