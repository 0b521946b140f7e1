import { DomainError } from '../common/domain-error.js';
import { ModelCatalogService } from './model-catalog.service.js';
import type { ImageProviderStrategy } from './spec/image-provider.strategy.js';

/** Model → provider → instance, from a record that is fixed at boot. The only place that knows which providers exist. */
export class ProviderFactory {
  private readonly imageProviders: ReadonlyMap<string, ImageProviderStrategy>;

  constructor(
    private readonly catalog: ModelCatalogService,
    imageProviders: readonly ImageProviderStrategy[],
  ) {
    this.imageProviders = new Map(imageProviders.map((provider) => [provider.id, provider]));
  }

  listProviderIds(): string[] {
    return [...this.imageProviders.keys()];
  }

  hasProvider(providerId: string): boolean {
    return this.imageProviders.has(providerId);
  }

  /** @throws DomainError `routing.model_unknown` naming the providers there are. */
  getImageProvider(providerId: string): ImageProviderStrategy {
    const provider = this.imageProviders.get(providerId);
    if (provider) return provider;
    throw new DomainError(
      'routing.model_unknown',
      `There is no image provider ${JSON.stringify(providerId.slice(0, 100))}. There are: ${this.listProviderIds().join(', ')}.`,
    );
  }

  /** The provider of a model of the catalogue. @throws DomainError `routing.model_unknown` */
  getImageProviderOf(modelId: string): ImageProviderStrategy {
    return this.getImageProvider(this.catalog.getImageModel(modelId).provider);
  }
}
