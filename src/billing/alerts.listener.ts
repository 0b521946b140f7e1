import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { AuditTarget } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { type DeliveredEvent, OutboxHandlers } from '../persistence/outbox-handlers.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import {
  BUDGET_EXHAUSTED,
  BUDGET_THRESHOLD_REACHED,
  SPEND_ANOMALOUS,
} from './domain/alert-kinds.js';

/** Puts alerts about money into the audit trail: one entry an event, however often it is delivered. */
@Injectable()
export class AlertsListener implements OnModuleInit {
  constructor(
    private readonly handlers: OutboxHandlers,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    for (const kind of [BUDGET_THRESHOLD_REACHED, BUDGET_EXHAUSTED, SPEND_ANOMALOUS]) {
      this.handlers.on(kind, 'billing.alerts', (event) => this.record(event));
    }
  }

  private async record({ id, kind, searchSpaceId, payload }: DeliveredEvent): Promise<void> {
    const target = toTarget(kind, payload);
    await this.unitOfWork.run((scope) =>
      scope.get(AuditTrail).record({ id, action: kind, target, searchSpaceId, after: payload }),
    );
  }
}

function toTarget(kind: string, payload: Readonly<Record<string, unknown>>): AuditTarget {
  const [type, id] =
    kind === SPEND_ANOMALOUS
      ? ['search_space', payload.search_space_id]
      : ['budget', payload.budget_id];
  return { type, id: typeof id === 'string' ? id : null };
}
