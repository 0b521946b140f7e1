import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import type { PageRequest } from '../common/page.js';
import { type UsageListFilter, UsageReader, type UsageRecord } from './domain/usage.reader.port.js';
import { UsageSight } from './usage-sight.js';

/** Rows read at once while exporting. */
const EXPORT_BATCH = 500;
/** An export ends after so many; a period narrows it. */
export const EXPORT_ROWS_MAX = 1_000_000;

/** What was used, call by call. Works with an empty wallet too. */
@Injectable()
export class UsageService {
  constructor(
    private readonly usage: UsageReader,
    private readonly sight: UsageSight,
  ) {}

  /**
   * The space's calls, newest first, one more than the page asks for.
   * @throws DomainError as `UsageSight.get`
   */
  async list(caller: Caller, filter: UsageListFilter, page: PageRequest): Promise<UsageRecord[]> {
    const seen = await this.narrow(caller, filter);
    return this.usage.list(seen, page.after, page.limit + 1);
  }

  /** The same calls, read while they are sent: what is held in memory is one batch. */
  async export(caller: Caller, filter: UsageListFilter): Promise<AsyncGenerator<UsageRecord>> {
    return this.walk(await this.narrow(caller, filter));
  }

  private async narrow(caller: Caller, filter: UsageListFilter): Promise<UsageListFilter> {
    const { userId } = await this.sight.get(caller, filter.searchSpaceId, filter.userId);
    return { ...filter, userId };
  }

  private async *walk(filter: UsageListFilter): AsyncGenerator<UsageRecord> {
    let after: string | null = null;
    for (let sent = 0; sent < EXPORT_ROWS_MAX; sent += EXPORT_BATCH) {
      const batch: UsageRecord[] = await this.usage.list(filter, after, EXPORT_BATCH);
      yield* batch;
      if (batch.length < EXPORT_BATCH) return;
      after = batch.at(-1)?.id ?? null;
    }
  }
}
