import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../common/page.js';
import { UsageReader, type UsageRecord } from './domain/usage.reader.port.js';

/** What was used, call by call. Works with an empty wallet too. */
@Injectable()
export class UsageService {
  constructor(private readonly usage: UsageReader) {}

  /** The space's calls, newest first, one more than the page asks for. */
  list(searchSpaceId: string, page: PageRequest): Promise<UsageRecord[]> {
    return this.usage.list(searchSpaceId, page.after, page.limit + 1);
  }
}
