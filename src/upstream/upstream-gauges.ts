import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Clock } from '../common/clock.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { ConnectionMarks } from './connection-marks.js';
import { ConnectionSlots } from './connection-slots.js';
import { CALLER_PREFIX } from './limited-caller-slots.js';
import { SlotLines } from './slot-lines.js';
import { UpstreamMetrics } from './upstream-metrics.js';

/** What stands now, read when Prometheus asks. Slots are those of this process; marks are those of all. */
@Injectable()
export class UpstreamGauges implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsService,
    private readonly clock: Clock,
    private readonly slots: ConnectionSlots,
    private readonly lines: SlotLines,
    private readonly marks: ConnectionMarks,
    private readonly labels: UpstreamMetrics,
  ) {}

  onModuleInit(): void {
    this.add('atelier_upstream_slots', 'Calls on connections, by state.', 'state', (gauge) => {
      for (const [id, { running, waiting }] of this.slots.listLoads()) {
        const connection = this.labels.toLabel(id);
        gauge.inc({ connection, state: 'running' }, running);
        gauge.inc({ connection, state: 'waiting' }, waiting);
      }
    });
    this.addCallers();
    this.add('atelier_upstream_cooling', 'Cooldowns of connections and models.', 'of', (gauge) => {
      for (const { kind, connection, model } of this.marks.listMarks()) {
        if (kind !== 'cooldown') continue;
        const of = model === null ? 'connection' : 'model';
        gauge.inc({ connection: this.labels.toLabel(connection), of }, 1);
      }
    });
    this.add('atelier_upstream_breakers', 'Breakers that are not closed.', 'state', (gauge) => {
      const nowMs = this.clock.now().getTime();
      for (const { kind, connection, untilMs } of this.marks.listMarks()) {
        if (kind !== 'breaker') continue;
        const state = untilMs > nowMs ? 'open' : 'half_open';
        gauge.inc({ connection: this.labels.toLabel(connection), state }, 1);
      }
    });
  }

  /** Callers only together: each by itself would be a series a caller. */
  private addCallers(): void {
    const { lines } = this;
    const gauge = new Gauge({
      name: 'atelier_caller_slots',
      help: 'Calls of all callers that hold a slot, or wait for one.',
      labelNames: ['state'],
      registers: [],
      collect() {
        const sums = { running: 0, waiting: 0 };
        for (const { key, running, waiting } of lines.listCounts()) {
          if (!key.startsWith(CALLER_PREFIX)) continue;
          sums.running += running;
          sums.waiting += waiting;
        }
        this.set({ state: 'running' }, sums.running);
        this.set({ state: 'waiting' }, sums.waiting);
      },
    });
    this.metrics.registry.registerMetric(gauge);
  }

  private add<L extends string>(
    name: string,
    help: string,
    label: L,
    fill: (gauge: Gauge<'connection' | L>) => void,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['connection', label],
      registers: [],
      collect() {
        this.reset();
        fill(this);
      },
    });
    this.metrics.registry.registerMetric(gauge);
  }
}
