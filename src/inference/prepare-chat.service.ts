import { Injectable } from '@nestjs/common';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import { AppConfig } from '../config/app-config.js';
import { PromptSafety } from '../moderation/prompt-safety.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { ChatProviderStrategy } from '../providers/spec/chat-provider.strategy.js';
import type { ChatModel } from '../providers/spec/chat-model.js';
import type { RouteQuestion } from '../routing/route-plan.js';
import { RoutingService } from '../routing/routing.service.js';
import type { CallDraft, TextAsking } from './call-draft.js';
import { findUnpriced, findUnpricedResponse } from './domain/find-unpriced.js';
import { type ChatReading, type ChatRequest, readChatRequest } from './domain/read-chat-request.js';
import { readResponsesRequest, type ResponsesRequest } from './domain/read-responses-request.js';
import { toHouseRequest } from './domain/to-house-request.js';
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
    await this.assertSafe(asking, reading);
    const shape = { ...reading, inputTokensMin: 0 };
    const plan = await this.routing.planChat(toQuestion(asking), shape, request);
    const draft = await this.drafts.draft(asking, plan, {
      toTokens: (model) => this.toHeld(model, reading),
      unpriced: findUnpriced(request),
    });
    const submit = this.toSubmit(
      draft.id,
      request,
      reading,
      (provider) => this.factory.getChatProvider(provider),
      (model) => toHouseRequest(request, asking, 'max_tokens', this.findBound(model, reading)),
    );
    return { draft, reading, submit };
  }

  /** The same for the Responses API. @throws DomainError what refuses the request */
  async prepareResponses(asking: TextAsking, request: ResponsesRequest): Promise<PreparedChat> {
    const reading = readResponsesRequest(request);
    await this.assertSafe(asking, reading);
    const shape = { ...reading, inputTokensMin: 0 };
    const plan = await this.routing.planResponses(toQuestion(asking), shape, request);
    const draft = await this.drafts.draft(asking, plan, {
      toTokens: (model) => this.toHeld(model, reading),
      unpriced: findUnpricedResponse(request),
    });
    const submit = this.toSubmit(
      draft.id,
      request,
      reading,
      (provider) => this.factory.getResponsesProvider(provider),
      (model) =>
        toHouseRequest(request, asking, 'max_output_tokens', this.findBound(model, reading)),
    );
    return { draft, reading, submit };
  }

  private async assertSafe(asking: TextAsking, { texts }: ChatReading): Promise<void> {
    const { caller, searchSpaceId } = asking;
    await this.safety.assert({ caller, searchSpaceId, texts, surface: 'chat' });
  }

  private toSubmit(
    attemptId: string,
    request: ChatRequest,
    { isStream: stream }: ChatReading,
    toProvider: (id: string) => Pick<ChatProviderStrategy, 'submit'>,
    onHouse: (model: ChatModel) => ChatRequest,
  ): SubmitChat {
    return ({ candidate: { model, connection, vendorModel } }, signal) =>
      toProvider(model.provider).submit({
        attemptId,
        model: model.id,
        vendorModel,
        request: connection.scope === 'global' ? onHouse(model) : request,
        stream,
        credential: connection.credential,
        signal,
      });
  }

  /** What is said to the vendor where the caller left the length of a whole answer open: no more than is paid for. */
  private findBound({ capabilities }: ChatModel, reading: ChatReading): number | null {
    if (reading.isStream || reading.outputTokens !== null) return null;
    return Math.min(this.config.inference.wholeOutputTokens, capabilities.outputTokensMax);
  }

  private toHeld({ capabilities }: ChatModel, reading: ChatReading): HeldTokens {
    const { outputTokensMax } = capabilities;
    const { heldOutputTokens, wholeOutputTokens } = this.config.inference;
    const { outputTokens: asked, isStream } = reading;
    // A stream is topped up as it grows; of a whole answer all that it can have is set aside at once.
    const bound = isStream
      ? Math.min(asked ?? Infinity, heldOutputTokens)
      : (asked ?? wholeOutputTokens);
    const outputTokens = Math.min(bound, outputTokensMax) * reading.answers;
    return { inputTokens: reading.inputTokens, outputTokens };
  }
}

function toQuestion({ caller, searchSpaceId, model, session }: TextAsking): RouteQuestion {
  return {
    searchSpaceId,
    model,
    enableFallback: undefined,
    maxRetries: undefined,
    session,
    isAllowed: (name) => isModelAllowed(caller, name),
  };
}
