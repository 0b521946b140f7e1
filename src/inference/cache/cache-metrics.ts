import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { MetricsService } from '../../metrics/metrics.service.js';
import { ResponseCache } from './response-cache.port.js';
import type { CacheRoute } from './to-cache-key.js';

/** What became of a request that wanted the cache. */
export type CacheResult = 'hit' | 'miss' | 'refresh' | 'bypass';

/** Series of the response cache. */
@Injectable()
export class CacheMetrics {
  private readonly requests: Counter<'route' | 'result'>;
  private readonly servedBytes: Counter<'route'>;
  private readonly keptBytes: Counter<'route'>;

  constructor({ registry }: MetricsService, cache: ResponseCache) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'atelier_response_cache_requests_total',
      help: 'Requests that asked for the response cache.',
      labelNames: ['route', 'result'],
      registers,
    });
    this.servedBytes = new Counter({
      name: 'atelier_response_cache_served_bytes_total',
      help: 'Bytes of answers that were served from the cache.',
      labelNames: ['route'],
      registers,
    });
    this.keptBytes = new Counter({
      name: 'atelier_response_cache_kept_bytes_total',
      help: 'Bytes of answers that were put into the cache.',
      labelNames: ['route'],
      registers,
    });
    // A registry collects it; nobody else needs it.
    void new Gauge({
      name: 'atelier_response_cache_held_bytes',
      help: 'Bytes of answers that this process holds; 0 where Redis does.',
      registers,
      collect() {
        this.set(cache.heldBytes());
      },
    });
  }

  count(route: CacheRoute, result: CacheResult, servedBytes = 0): void {
    this.requests.inc({ route, result });
    if (servedBytes > 0) this.servedBytes.inc({ route }, servedBytes);
  }

  countKept(route: CacheRoute, bytes: number): void {
    this.keptBytes.inc({ route }, bytes);
  }
}
