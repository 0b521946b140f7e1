import { Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { createGuardedDispatcher } from '../outbound/guarded-dispatcher.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { AnthropicChatProvider } from './anthropic/anthropic-chat.provider.js';
import { BflProvider } from './bfl/bfl.provider.js';
import { ComfyuiProvider } from './comfyui/comfyui.provider.js';
import { EmbeddedChatProvider } from './embedded/embedded-chat.provider.js';
import { EmbeddedEmbeddingProvider } from './embedded/embedded-embedding.provider.js';
import { EmbeddedProvider } from './embedded/embedded.provider.js';
import { FalProvider } from './fal/fal.provider.js';
import { FashnProvider } from './fashn/fashn.provider.js';
import { GeminiChatProvider } from './gemini/gemini-chat.provider.js';
import { GeminiEmbeddingProvider } from './gemini/gemini-embedding.provider.js';
import { GeminiProvider } from './gemini/gemini.provider.js';
import { LeonardoProvider } from './leonardo/leonardo.provider.js';
import { ModelCatalogService } from './model-catalog.service.js';
import { OllamaChatProvider } from './ollama/ollama-chat.provider.js';
import { OllamaEmbeddingProvider } from './ollama/ollama-embedding.provider.js';
import { OpenaiChatProvider } from './openai/openai-chat.provider.js';
import { OpenaiEmbeddingProvider } from './openai/openai-embedding.provider.js';
import { OpenaiModerationProvider } from './openai/openai-moderation.provider.js';
import { OpenaiResponsesProvider } from './openai/openai-responses.provider.js';
import { OpenaiProvider } from './openai/openai.provider.js';
import { ConnectionProber } from './probe/connection-prober.js';
import { PROBE_OK } from './probe/map-probe-failure.js';
import { ProviderFactory } from './provider.factory.js';
import { ReplicateProvider } from './replicate/replicate.provider.js';
import { ChatResponsesProvider } from './responses/chat-responses.provider.js';
import { RunwareProvider } from './runware/runware.provider.js';
import { GoogleAccessTokens } from './shared/google-access-tokens.js';
import { PROVIDER_DISPATCHER_OPTIONS, ProviderHttp } from './shared/provider-http.js';
import { StabilityProvider } from './stability/stability.provider.js';
import { verifyVertexAccount } from './vertex/verify-vertex-account.js';
import { VertexProvider } from './vertex/vertex.provider.js';

/** A new vendor is one line in the factory's list. */
@Module({
  imports: [OutboundModule],
  providers: [
    { provide: ModelCatalogService, useFactory: () => new ModelCatalogService() },
    {
      provide: ProviderHttp,
      useFactory: (guard: OutboundGuard) =>
        new ProviderHttp(
          createGuardedDispatcher(guard, PROVIDER_DISPATCHER_OPTIONS),
          createGuardedDispatcher(guard.forHouse(), PROVIDER_DISPATCHER_OPTIONS),
        ),
      inject: [OutboundGuard],
    },
    {
      provide: ProviderFactory,
      useFactory: (catalog: ModelCatalogService, http: ProviderHttp, clock: Clock) => {
        const chat = [
          new EmbeddedChatProvider(catalog, clock),
          new GeminiChatProvider(http, clock),
          new OllamaChatProvider(http, clock),
          new AnthropicChatProvider(catalog, http, clock),
        ];
        const openaiChat = new OpenaiChatProvider(catalog, http, clock);
        return new ProviderFactory(catalog, {
          images: [
            new EmbeddedProvider(catalog),
            new OpenaiProvider(catalog, http, clock),
            new GeminiProvider(catalog, http, clock),
            new VertexProvider(catalog, http, clock, new GoogleAccessTokens(http, clock)),
            new StabilityProvider(catalog, http, clock),
            new BflProvider(catalog, http, clock),
            new ReplicateProvider(catalog, http, clock),
            new FalProvider(catalog, http, clock),
            new FashnProvider(catalog, http, clock),
            new LeonardoProvider(catalog, http, clock),
            new RunwareProvider(catalog, http, clock),
            new ComfyuiProvider(catalog, http, clock),
          ],
          chat: [...chat, openaiChat],
          embeddings: [
            new EmbeddedEmbeddingProvider(catalog),
            new GeminiEmbeddingProvider(http, clock),
            new OllamaEmbeddingProvider(http, clock),
            new OpenaiEmbeddingProvider(catalog, http, clock),
          ],
          responses: [
            ...chat.map((one) => new ChatResponsesProvider(one, clock)),
            new OpenaiResponsesProvider(http, clock, new ChatResponsesProvider(openaiChat, clock)),
          ],
          moderations: [new OpenaiModerationProvider(http, clock)],
        });
      },
      inject: [ModelCatalogService, ProviderHttp, Clock],
    },
    {
      provide: ConnectionProber,
      useFactory: (http: ProviderHttp, clock: Clock) =>
        new ConnectionProber(http, {
          embedded: () => Promise.resolve(PROBE_OK),
          vertex: verifyVertexAccount(() => new GoogleAccessTokens(http, clock)),
        }),
      inject: [ProviderHttp, Clock],
    },
  ],
  exports: [ConnectionProber, ModelCatalogService, ProviderFactory],
})
export class ProvidersModule {}
