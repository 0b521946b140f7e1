import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { ErrorRuleBook } from './domain/error-rule-book.js';
import { ErrorRulesReader } from './domain/error-rules.reader.port.js';

const KEY = 'error_rules';

interface Edition {
  revision: number;
  book: ErrorRuleBook;
}

/**
 * The error rules, out of memory: after a change of anything that is cached, one small question tells whether it was
 * these; only then they are read again.
 */
@Injectable()
export class ErrorRulesState {
  private readonly cache: EpochCache<ErrorRuleBook>;
  private newest: Edition | null = null;

  constructor(
    private readonly reader: ErrorRulesReader,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: 1 });
  }

  /** The same object while nothing changed. */
  current(): Promise<ErrorRuleBook> {
    return this.cache.get(KEY, () => this.load());
  }

  private async load(): Promise<ErrorRuleBook> {
    const read = await this.reader.read(this.newest?.revision ?? null);
    // Two that read at once may come back in any order.
    if (read && read.revision > (this.newest?.revision ?? -1)) {
      this.newest = { revision: read.revision, book: new ErrorRuleBook(read.rules) };
    }
    assert(this.newest, 'the error rules were never read');
    return this.newest.book;
  }
}
