import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { RouteBook } from './domain/route-book.js';
import { RoutesReader } from './domain/routes.reader.port.js';

const KEY = 'routes';

interface Edition {
  revision: number;
  book: RouteBook;
}

/**
 * The routes, out of memory: after a change of anything that is cached, one small question tells whether it was these;
 * only then they are read again.
 */
@Injectable()
export class RoutingState {
  private readonly cache: EpochCache<RouteBook>;
  private newest: Edition | null = null;

  constructor(
    private readonly reader: RoutesReader,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: 1 });
  }

  /** The same object while nothing changed. */
  current(): Promise<RouteBook> {
    return this.cache.get(KEY, () => this.load());
  }

  private async load(): Promise<RouteBook> {
    const read = await this.reader.read(this.newest?.revision ?? null);
    // Two that read at once may come back in any order.
    if (read && read.revision > (this.newest?.revision ?? -1)) {
      this.newest = { revision: read.revision, book: new RouteBook(read.routes) };
    }
    assert(this.newest, 'the routes were never read');
    return this.newest.book;
  }
}
