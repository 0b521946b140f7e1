import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import {
  checkCapability,
  type ImageRequestShape,
  isRetired,
} from '../providers/check-capability.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import { fitSize } from '../providers/size-rule.js';
import type { ImageModel } from '../providers/spec/image-model.js';
import type { ImageProviderStrategy } from '../providers/spec/image-provider.strategy.js';
import { type Connection, listConfiguredConnections } from './connections.js';

/** Which model and connection an attempt uses: chosen once, priced and run as chosen. */
export interface Candidate {
  model: ImageModel;
  connection: Connection;
  /** What is asked of the model; null = left to it. */
  size: { widthPx: number | null; heightPx: number | null };
}

/** A model that can be asked for here, with whether anything can serve it. */
export interface OfferedModel {
  model: ImageModel;
  isRetired: boolean;
  isReachable: boolean;
}

const MODELS_NAMED_MAX = 12;

/** Turns a public model name into what will run. */
@Injectable()
export class RoutingService {
  private readonly connections: readonly Connection[];

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly catalog: ModelCatalogService,
    private readonly factory: ProviderFactory,
  ) {
    this.connections = listConfiguredConnections(config);
  }

  /**
   * @param name public name; null = the best model of the default vendor.
   * @throws DomainError `routing.model_unknown`, `routing.model_retired`, `routing.capability_missing`,
   * `routing.no_connection`, `request.invalid` naming the field the model cannot serve.
   */
  plan(
    name: string | null,
    request: ImageRequestShape,
    providerOptions: Record<string, unknown>,
  ): Candidate {
    const model = name === null ? this.getDefaultModel() : this.getModel(name);
    const size = fitSize(model.capabilities.sizes, request);
    checkCapability(model, { ...request, ...size }, this.clock.now());
    const connection = this.connections.find((one) => one.provider === model.provider);
    if (!connection) throw toNoConnection(model);
    this.factory.getImageProvider(model.provider).assertOptions(providerOptions);
    return { model, connection, size };
  }

  /** What a stored attempt runs with; null when its connection is no longer configured. */
  findTarget(
    provider: string,
    connectionId: string,
  ): { strategy: ImageProviderStrategy; connection: Connection } | null {
    const connection = this.connections.find((one) => one.id === connectionId);
    if (!connection || !this.factory.hasProvider(provider)) return null;
    return { strategy: this.factory.getImageProvider(provider), connection };
  }

  /** Every model of the catalogue, in its order. */
  listModels(): OfferedModel[] {
    const providers = new Set(this.connections.map(({ provider }) => provider));
    return this.catalog.listImageModels().map((model) => ({
      model,
      isRetired: isRetired(model, this.clock.now()),
      isReachable: providers.has(model.provider),
    }));
  }

  private getModel(name: string): ImageModel {
    const model = this.catalog.findImageModel(name);
    if (model) return model;
    const known = this.listModels()
      .filter((one) => one.isReachable && !one.isRetired)
      .map((one) => one.model.id)
      .slice(0, MODELS_NAMED_MAX);
    throw new DomainError(
      'routing.model_unknown',
      `The model ${JSON.stringify(name)} is not known here. Ask for one of: ${known.join(', ')}.`,
      { fields: [{ field: 'model', message: 'is not known' }] },
    );
  }

  /** The first of the vendor's models in the catalogue is its best. */
  private getDefaultModel(): ImageModel {
    const { defaultProvider } = this.config.vendors;
    const offered = this.listModels().find(
      ({ model, isRetired: gone }) => model.provider === defaultProvider && !gone,
    );
    assert(offered, `the catalogue has no live model of ${defaultProvider}`);
    return offered.model;
  }
}

function toNoConnection(model: ImageModel): DomainError {
  return new DomainError(
    'routing.no_connection',
    `No connection serves ${model.id}: an operator must set a key for ${model.provider}.`,
  );
}
