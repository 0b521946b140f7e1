import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { isStoreAway } from '../http/store-fault.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import type { OpenaiModelListDto } from './openai-models.dto.js';

/** Credentials whose lists are kept, used last after used before. */
const LISTS_MAX = 2_000;
/** A list that cannot be made anew is told no longer than this. */
const STALE_MAX_MS = 86_400_000;
const MS_PER_S = 1_000;

interface KeptList {
  /** Under which it was made; null = it was not known, and nobody can tell whether it is still good. */
  epoch: number | null;
  madeAtMs: number;
  list: OpenaiModelListDto;
}

/** By what an asker is known when nothing can be looked up: all as it was sent. */
export interface ListAsker {
  headers: IncomingHttpHeaders;
  /** Keys may be held to some. */
  address: string;
}

export interface ToldList {
  list: OpenaiModelListDto;
  /** Empty = it is good; else what says that it is an old one. */
  headers: Record<string, string>;
}

/**
 * Lists of models by who asks and for which space. Good for MODELS_CACHE_S while nothing changes; told as old ones while
 * the database is away, unless a change was heard of.
 */
@Injectable()
export class KeptModelLists {
  private readonly lists = new Map<string, KeptList>();

  constructor(
    private readonly config: AppConfig,
    private readonly epoch: CacheEpoch,
  ) {}

  /** @throws what the load threw, where there is no list to tell instead */
  async get(asker: ListAsker, load: () => Promise<OpenaiModelListDto>): Promise<ToldList> {
    const key = toKey(asker);
    const epoch = this.epoch.current();
    const kept = this.lists.get(key);
    const goodMs = this.config.routing.modelsCacheS * MS_PER_S;
    if (kept && epoch !== null && kept.epoch === epoch && toAgeMs(kept) < goodMs) {
      return { list: kept.list, headers: {} };
    }
    try {
      const list = await load();
      // What began before a change is not kept as if it came after it.
      this.keep(key, { epoch: this.epoch.current() === epoch ? epoch : null, list });
      return { list, headers: {} };
    } catch (error) {
      const last = isStoreAway(error) ? this.findLast(asker) : null;
      if (last) return last;
      throw error;
    }
  }

  /** The last list of whoever asks so, for as long as nobody heard of a change. */
  findLast(asker: ListAsker): ToldList | null {
    const kept = this.lists.get(toKey(asker));
    const epoch = this.epoch.last();
    if (!kept || epoch === null || kept.epoch !== epoch) return null;
    const ageMs = toAgeMs(kept);
    if (ageMs > STALE_MAX_MS) return null;
    const age = String(Math.floor(ageMs / MS_PER_S));
    return { list: kept.list, headers: { warning: '110 - "Response is Stale"', age } };
  }

  private keep(key: string, made: Pick<KeptList, 'epoch' | 'list'>): void {
    this.lists.delete(key);
    this.lists.set(key, { ...made, madeAtMs: performance.now() });
    if (this.lists.size <= LISTS_MAX) return;
    const oldest = this.lists.keys().next();
    if (!oldest.done) this.lists.delete(oldest.value);
  }
}

function toKey({ headers, address }: ListAsker): string {
  const { authorization = '', 'x-api-key': key = '', 'x-search-space-id': space = '' } = headers;
  const sent = JSON.stringify([address, authorization, key, space]);
  return createHash('sha256').update(sent).digest('base64');
}

function toAgeMs({ madeAtMs }: KeptList): number {
  return performance.now() - madeAtMs;
}
