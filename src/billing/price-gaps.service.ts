import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isRetired } from '../providers/check-capability.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import type { ImageModel } from '../providers/spec/image-model.js';
import { parseSize } from '../providers/size-rule.js';
import { type Lifetime, toLifetime } from './domain/price-status.js';
import type { Price } from './domain/price.js';
import { PriceBook } from './price-book.js';

/** Something the catalogue offers that would be refused, because nobody knows what it costs. */
export interface PriceGap {
  provider: string;
  model: string;
  operation: string;
  status: string;
}

/** What the price list and the catalogue of models know of each other. */
@Injectable()
export class PriceGapsService implements OnApplicationBootstrap {
  private readonly logger = new Logger('Prices');

  constructor(
    private readonly book: PriceBook,
    private readonly catalog: ModelCatalogService,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const gaps = await this.listGaps();
    if (gaps.length === 0) return;
    this.logger.log(
      `${gaps.length} operations of models have no price and are refused: GET /api/v1/billing/prices/missing`,
    );
  }

  /** Models that are asked for in the way that is always possible; retired ones are refused anyway. */
  async listGaps(): Promise<PriceGap[]> {
    const living = this.catalog
      .listImageModels()
      .filter((model) => !isRetired(model, this.clock.now()));
    const gaps: PriceGap[] = [];
    for (const model of living) {
      for (const operation of model.capabilities.operations) {
        if (await this.isPriced(model, operation)) continue;
        const { provider, id, status } = model;
        gaps.push({ provider, model: id, operation, status });
      }
    }
    return gaps;
  }

  toLifetime({ provider, model, info }: Price): Lifetime {
    const known = this.catalog.findImageModel(model);
    const catalogued = known?.provider === provider ? known : null;
    return toLifetime(info?.status ?? null, catalogued, this.clock.now());
  }

  private async isPriced(model: ImageModel, operation: string): Promise<boolean> {
    const { size, quality } = model.assumed;
    const pixels = parseSize(size);
    try {
      await this.book.quote({
        provider: model.provider,
        model: model.id,
        operation,
        connection: null,
        n: 1,
        widthPx: pixels?.widthPx ?? null,
        heightPx: pixels?.heightPx ?? null,
        size,
        quality,
        promptBytes: 0,
        inputImages: 0,
      });
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'billing.no_price') return false;
      throw error;
    }
  }
}
