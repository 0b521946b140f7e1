import { DomainError } from '../common/domain-error.js';
import { ModelCatalogService } from './model-catalog.service.js';
import type {
  ChatProviderStrategy,
  EmbeddingProviderStrategy,
} from './spec/chat-provider.strategy.js';
import type { ImageProviderStrategy } from './spec/image-provider.strategy.js';
import type { ModerationProviderStrategy } from './spec/moderation-provider.strategy.js';
import type { ResponsesProviderStrategy } from './spec/responses-provider.strategy.js';

/** What the house speaks, by what is asked of it. */
export interface Strategies {
  images: readonly ImageProviderStrategy[];
  chat?: readonly ChatProviderStrategy[];
  embeddings?: readonly EmbeddingProviderStrategy[];
  moderations?: readonly ModerationProviderStrategy[];
  responses?: readonly ResponsesProviderStrategy[];
}

/** Model → provider → instance, from a record that is fixed at boot. The only place that knows which providers exist. */
export class ProviderFactory {
  private readonly imageProviders: ReadonlyMap<string, ImageProviderStrategy>;
  private readonly chatProviders: ReadonlyMap<string, ChatProviderStrategy>;
  private readonly embeddingProviders: ReadonlyMap<string, EmbeddingProviderStrategy>;
  private readonly moderationProviders: ReadonlyMap<string, ModerationProviderStrategy>;
  private readonly responsesProviders: ReadonlyMap<string, ResponsesProviderStrategy>;

  constructor(
    private readonly catalog: ModelCatalogService,
    { images, chat = [], embeddings = [], moderations = [], responses = [] }: Strategies,
  ) {
    this.imageProviders = byId(images);
    this.chatProviders = byId(chat);
    this.embeddingProviders = byId(embeddings);
    this.moderationProviders = byId(moderations);
    this.responsesProviders = byId(responses);
  }

  /** Of any kind, each once. */
  listProviderIds(): string[] {
    return [
      ...new Set([
        ...this.imageProviders.keys(),
        ...this.chatProviders.keys(),
        ...this.embeddingProviders.keys(),
      ]),
    ];
  }

  hasProvider(providerId: string): boolean {
    return this.listProviderIds().includes(providerId);
  }

  findImageProvider(providerId: string): ImageProviderStrategy | null {
    return this.imageProviders.get(providerId) ?? null;
  }

  /** @throws DomainError `routing.model_unknown` naming the providers there are. */
  getImageProvider(providerId: string): ImageProviderStrategy {
    return get(this.imageProviders, providerId, 'image');
  }

  /** The provider of a model of the catalogue. @throws DomainError `routing.model_unknown` */
  getImageProviderOf(modelId: string): ImageProviderStrategy {
    return this.getImageProvider(this.catalog.getImageModel(modelId).provider);
  }

  findChatProvider(providerId: string): ChatProviderStrategy | null {
    return this.chatProviders.get(providerId) ?? null;
  }

  findResponsesProvider(providerId: string): ResponsesProviderStrategy | null {
    return this.responsesProviders.get(providerId) ?? null;
  }

  /** @throws DomainError `routing.model_unknown` naming the providers there are. */
  getResponsesProvider(providerId: string): ResponsesProviderStrategy {
    return get(this.responsesProviders, providerId, 'responses');
  }

  findEmbeddingProvider(providerId: string): EmbeddingProviderStrategy | null {
    return this.embeddingProviders.get(providerId) ?? null;
  }

  /** @throws DomainError `routing.model_unknown` naming the providers there are. */
  getChatProvider(providerId: string): ChatProviderStrategy {
    return get(this.chatProviders, providerId, 'chat');
  }

  /** @throws DomainError `routing.model_unknown` naming the providers there are. */
  getEmbeddingProvider(providerId: string): EmbeddingProviderStrategy {
    return get(this.embeddingProviders, providerId, 'embedding');
  }

  /** @throws DomainError `routing.model_unknown` naming the providers there are. */
  getModerationProvider(providerId: string): ModerationProviderStrategy {
    return get(this.moderationProviders, providerId, 'moderation');
  }
}

function byId<T extends { readonly id: string }>(strategies: readonly T[]): ReadonlyMap<string, T> {
  return new Map(strategies.map((strategy) => [strategy.id, strategy]));
}

function get<T>(strategies: ReadonlyMap<string, T>, id: string, kind: string): T {
  const strategy = strategies.get(id);
  if (strategy) return strategy;
  throw new DomainError(
    'routing.model_unknown',
    `There is no ${kind} provider ${JSON.stringify(id.slice(0, 100))}. There are: ${[...strategies.keys()].join(', ')}.`,
  );
}
