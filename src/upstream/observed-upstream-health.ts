import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ConnectionMarks } from './connection-marks.js';
import { ConnectionSlots } from './connection-slots.js';
import { UpstreamFigures } from './upstream-figures.js';
import { type HealthView, UpstreamHealth } from './upstream-health.port.js';

@Injectable()
export class ObservedUpstreamHealth extends UpstreamHealth {
  constructor(
    private readonly clock: Clock,
    private readonly marks: ConnectionMarks,
    private readonly slots: ConnectionSlots,
    private readonly figures: UpstreamFigures,
  ) {
    super();
  }

  look(connectionId: string, model: string): HealthView {
    const cooldown = this.marks.findCooldown(connectionId, model);
    const here = this.slots.count(connectionId);
    const elsewhere = this.marks.findOtherLoad(connectionId);
    const { errorRate, answerMs } = this.figures.find(connectionId, model);
    const { calls, faults } = this.figures.findRecent(connectionId, model);
    return {
      coolingUntil: cooldown ? new Date(cooldown.untilMs) : null,
      coolingReason: cooldown?.reason ?? null,
      breaker: this.toBreaker(connectionId),
      errorRate,
      calls,
      recentErrorRate: calls === 0 ? 0 : faults / calls,
      answerMs,
      running: here.running + (elsewhere?.running ?? 0),
      waiting: here.waiting + (elsewhere?.waiting ?? 0),
    };
  }

  private toBreaker(connectionId: string): HealthView['breaker'] {
    const mark = this.marks.findBreaker(connectionId);
    if (!mark) return 'closed';
    return mark.untilMs > this.clock.now().getTime() ? 'open' : 'half_open';
  }
}
