import { Injectable, type OnModuleInit } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { Clock } from '../common/clock.js';
import { EMBEDDED_PRICES } from './domain/embedded-prices.js';
import { findNextChange, mergePrices } from './domain/merge-prices.js';
import { hashPrices, toPrices } from './domain/price-list.js';
import type { Price } from './domain/price.js';
import { PricesRepository } from './domain/prices.repository.port.js';
import type { PricingData } from './domain/pricing-state.reader.port.js';
import { PriceIndex } from './price-index.js';
import { PricingState } from './pricing-state.js';
import listed from './data/prices.json' with { type: 'json' };

/** A hold may be concluded by a process that was started with a newer list. */
const OLD_VERSIONS_CACHED_MAX = 16;

export interface PriceEdition {
  /** Stored with a hold: the charge is made by the same list. */
  versionId: string;
  index: PriceIndex;
}

/** The whole list as it stands, good until the next announced change. */
interface CurrentEdition {
  data: PricingData;
  until: Date | null;
  content: Promise<PriceEdition>;
}

/**
 * The list in the code with what operators set on top, kept as a version in the database, answered from memory. The
 * index of a version is the same object as long as it is cached: what was worked out from it can be kept beside it.
 */
@Injectable()
export class PriceEditions implements OnModuleInit {
  private readonly builtIn = toPrices([...EMBEDDED_PRICES, ...listed]);
  private readonly versions = new Map<string, PriceIndex>();
  private edition: CurrentEdition | null = null;

  constructor(
    private readonly repository: PricesRepository,
    private readonly state: PricingState,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.today();
  }

  /** Processes agree on the version: it is found by its content. */
  async today(): Promise<PriceEdition> {
    const data = await this.state.current();
    const now = this.clock.now();
    const known = this.edition;
    if (known?.data === data && (known.until === null || now < known.until)) return known.content;
    const edition: CurrentEdition = {
      data,
      until: findNextChange(data.overrides, now),
      content: this.publish(mergePrices(this.builtIn, data.overrides, now)),
    };
    this.edition = edition;
    edition.content.catch(() => {
      if (this.edition === edition) this.edition = null;
    });
    return edition.content;
  }

  /** The list of an earlier quote. */
  async versionOf(versionId: string): Promise<PriceIndex> {
    const known = this.versions.get(versionId);
    if (known) return known;
    const prices = await this.repository.findVersion(versionId);
    assert(prices, `no such price version: ${versionId}`);
    return this.keep(versionId, new PriceIndex(prices));
  }

  private async publish(prices: readonly Price[]): Promise<PriceEdition> {
    const versionId = await this.repository.ensureVersion(hashPrices(prices), prices);
    return { versionId, index: this.keep(versionId, new PriceIndex(prices)) };
  }

  private keep(versionId: string, index: PriceIndex): PriceIndex {
    this.versions.delete(versionId);
    this.versions.set(versionId, index);
    const oldest = this.versions.keys().next();
    if (this.versions.size > OLD_VERSIONS_CACHED_MAX && !oldest.done) {
      this.versions.delete(oldest.value);
    }
    return index;
  }
}
