import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { MetricsService } from '../metrics/metrics.service.js';
import type { FindingKind, FindingOutcome } from './domain/storage-scan.js';

/** Series of the scans of the store that this process has done. */
@Injectable()
export class StorageScanMetrics {
  private readonly found: Counter<'kind'>;
  private readonly repaired: Counter<'kind' | 'outcome'>;

  constructor({ registry }: MetricsService) {
    const registers = [registry];
    this.found = new Counter({
      name: 'atelier_storage_findings_total',
      help: 'Where scans found the store and the rows to differ.',
      labelNames: ['kind'],
      registers,
    });
    this.repaired = new Counter({
      name: 'atelier_storage_repairs_total',
      help: 'What repairs made of findings.',
      labelNames: ['kind', 'outcome'],
      registers,
    });
  }

  countFound(kinds: readonly FindingKind[]): void {
    for (const kind of kinds) this.found.inc({ kind });
  }

  countRepaired(kind: FindingKind, outcome: FindingOutcome): void {
    this.repaired.inc({ kind, outcome });
  }
}
