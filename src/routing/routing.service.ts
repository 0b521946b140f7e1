import { Injectable } from '@nestjs/common';
import type { JsonValue } from '../common/json-value.js';
import { Clock } from '../common/clock.js';
import type { Connection } from '../connections/connection.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { checkCapability, type ImageRequestShape } from '../providers/check-capability.js';
import {
  type ChatFieldNames,
  type ChatRequestShape,
  checkChatCapability,
  checkEmbeddingCapability,
  type EmbeddingRequestShape,
} from '../providers/check-text-capability.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import { fitSize } from '../providers/size-rule.js';
import type { ChatModel, EmbeddingModel } from '../providers/spec/chat-model.js';
import type { ImageModel } from '../providers/spec/image-model.js';
import type { ImageProviderStrategy } from '../providers/spec/image-provider.strategy.js';
import { ConnectionChooser } from './connection-chooser.js';
import type { Candidate, RoutePlan, RouteQuestion } from './route-plan.js';
import { RoutePlanner } from './route-planner.js';

const NO_SIZE: Candidate['size'] = { widthPx: null, heightPx: null };
/** As the Responses API calls what the chat models have. */
const RESPONSE_FIELDS: ChatFieldNames = {
  messages: 'input',
  outputTokens: 'max_output_tokens',
  format: 'text.format',
};

/** Where a stored attempt was to run. */
export interface StoredTarget {
  searchSpaceId: string;
  provider: string;
  connectionId: string;
}

/** Turns a public model name into what will run. */
@Injectable()
export class RoutingService {
  constructor(
    private readonly clock: Clock,
    private readonly factory: ProviderFactory,
    private readonly directory: ConnectionsDirectory,
    private readonly planner: RoutePlanner,
    private readonly chooser: ConnectionChooser,
  ) {}

  /**
   * What will run, and what it may fall back to. Asks nobody but memory and, with a session, where it is held to.
   * @throws DomainError `routing.model_unknown`, `routing.model_retired`, `routing.capability_missing`,
   * `routing.no_connection`, `routing.model_restricted`, `upstream.unavailable` when all that could are cooling down,
   * `auth.model_not_allowed`, `request.invalid` naming the field the model cannot serve.
   */
  plan(
    question: RouteQuestion,
    request: ImageRequestShape,
    providerOptions: Record<string, unknown>,
  ): Promise<RoutePlan> {
    const hasOptions = Object.keys(providerOptions).length > 0;
    const assertOptions = (provider: string) =>
      this.factory.getImageProvider(provider).assertOptions(providerOptions);
    return this.planner.plan<ImageModel>(
      {
        kind: 'image',
        mayServe: ({ capabilities }) => capabilities.operations.includes(request.operation),
        fit: (model) => {
          const size = fitSize(model.capabilities.sizes, request);
          checkCapability(model, { ...request, ...size }, this.clock.now());
          return size;
        },
        isSpoken: (provider) => this.factory.findImageProvider(provider) !== null,
        assertOptions: hasOptions ? assertOptions : null,
      },
      question,
    );
  }

  /**
   * The same for chat.
   * @param request the body, for what a vendor cannot be asked at all
   * @throws DomainError as `plan`
   */
  planChat(
    question: RouteQuestion,
    shape: ChatRequestShape,
    request: Readonly<Record<string, JsonValue>>,
  ): Promise<RoutePlan<ChatModel>> {
    const isSpoken = (provider: string) => this.factory.findChatProvider(provider) !== null;
    return this.planner.plan<ChatModel>(
      {
        kind: 'chat',
        mayServe: ({ provider, capabilities }) =>
          isSpoken(provider) && (capabilities.imageInput || !shape.hasImages),
        fit: (model) => {
          checkChatCapability(model, shape, this.clock.now());
          this.factory.findChatProvider(model.provider)?.assertRequest(request);
          return NO_SIZE;
        },
        isSpoken,
        assertOptions: null,
      },
      question,
    );
  }

  /** The same for OpenAI's Responses API. @throws DomainError as `plan` */
  planResponses(
    question: RouteQuestion,
    shape: ChatRequestShape,
    request: Readonly<Record<string, JsonValue>>,
  ): Promise<RoutePlan<ChatModel>> {
    const isSpoken = (provider: string) => this.factory.findResponsesProvider(provider) !== null;
    return this.planner.plan<ChatModel>(
      {
        kind: 'chat',
        mayServe: ({ provider, capabilities }) =>
          isSpoken(provider) && (capabilities.imageInput || !shape.hasImages),
        fit: (model) => {
          checkChatCapability(model, shape, this.clock.now(), RESPONSE_FIELDS);
          this.factory.findResponsesProvider(model.provider)?.assertRequest(request);
          return NO_SIZE;
        },
        isSpoken,
        assertOptions: null,
      },
      question,
    );
  }

  /** The same for embeddings. @throws DomainError as `plan` */
  planEmbedding(
    question: RouteQuestion,
    shape: EmbeddingRequestShape,
  ): Promise<RoutePlan<EmbeddingModel>> {
    const isSpoken = (provider: string) => this.factory.findEmbeddingProvider(provider) !== null;
    return this.planner.plan<EmbeddingModel>(
      {
        kind: 'embedding',
        mayServe: ({ provider }) => isSpoken(provider),
        fit: (model) => {
          checkEmbeddingCapability(model, shape, this.clock.now());
          return NO_SIZE;
        },
        isSpoken,
        assertOptions: null,
      },
      question,
    );
  }

  /**
   * Holds a conversation to the connection that took its call, where that is not the first of the plan. Never throws.
   */
  async holdSession(
    { searchSpaceId, session }: Pick<RouteQuestion, 'searchSpaceId' | 'session'>,
    { model, connection }: { model: { id: string }; connection: { id: string } },
  ): Promise<void> {
    if (session === null) return;
    await this.chooser.hold(searchSpaceId, session, model.id, connection.id);
  }

  /**
   * What a stored attempt runs with; null when nothing of its space may be called there any more. A job that the vendor
   * has is asked after on its connection, whatever has become of that; it is only gone when it was deleted.
   */
  async findTarget(
    { searchSpaceId, provider, connectionId }: StoredTarget,
    isUnderWay: boolean,
  ): Promise<{ strategy: ImageProviderStrategy; connection: Connection } | null> {
    const connection = isUnderWay
      ? await this.directory.find(connectionId)
      : await this.findUsable(searchSpaceId, connectionId);
    const strategy = this.factory.findImageProvider(provider);
    return connection && strategy ? { strategy, connection } : null;
  }

  /** Who owns a space, and with it whose connections serve it, may have changed since the attempt was planned. */
  private async findUsable(searchSpaceId: string, id: string): Promise<Connection | null> {
    const connections = await this.directory.listFor(searchSpaceId);
    const found = connections.find((one) => one.id === id);
    if (!found?.isEnabled) return null;
    return found.expiresAt === null || found.expiresAt > this.clock.now() ? found : null;
  }
}
