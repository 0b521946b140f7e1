import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { DeliveriesStore, DeliveryClaims } from './domain/deliveries.store.port.js';
import type { AttemptReport, ClaimedDelivery } from './domain/delivery.js';
import { ATTEMPTS_MAX, toRetryDelayMs } from './domain/next-attempt.js';
import { type DisabledReason, isGivenUp, toWebhookState } from './domain/webhook-endpoint.js';
import { WebhooksRepository } from './domain/webhooks.repository.port.js';
import { SendWebhookService, type SentWebhook } from './send-webhook.service.js';

const CRASHED: AttemptReport = {
  responseStatus: null,
  durationMs: 0,
  error: 'the process ended during every attempt',
  responseExcerpt: null,
};

/** Sends a delivery that was claimed, and writes what follows from it: taken, again later, given up, disabled. */
@Injectable()
export class DeliverWebhookService {
  private readonly logger = new Logger(DeliverWebhookService.name);

  constructor(
    private readonly sender: SendWebhookService,
    private readonly store: DeliveriesStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** @throws when nothing could be written: the claim then runs out, and the delivery is sent again */
  async deliver(claimed: ClaimedDelivery, signal: AbortSignal): Promise<void> {
    if (claimed.attempt > ATTEMPTS_MAX) return this.bury(claimed, CRASHED);
    const sent = await this.sender.send(claimed, signal);
    if (sent.error === null) return this.store.deliver(claimed, sent);
    return sent.isHopeless ? this.bury(claimed, sent) : this.fail(claimed, sent);
  }

  private async bury(claimed: ClaimedDelivery, report: AttemptReport): Promise<void> {
    this.logger.warn(`webhook delivery ${claimed.id} is dead: ${report.error}`);
    await this.unitOfWork.run((scope) => scope.get(DeliveryClaims).fail(claimed, report, null));
  }

  private async fail(claimed: ClaimedDelivery, sent: SentWebhook): Promise<void> {
    const retryInMs = sent.isGone
      ? null
      : toRetryDelayMs(claimed.attempt, sent.retryAfterMs, Math.random());
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(DeliveryClaims).fail(claimed, sent, retryInMs))) return;
      const since = await scope.get(WebhooksRepository).noteFailure(claimed.endpointId);
      if (since === null) return;
      if (sent.isGone) await this.disable(scope, claimed, 'gone');
      else if (isGivenUp(since, this.clock.now())) await this.disable(scope, claimed, 'failing');
    });
  }

  private async disable(
    scope: WorkScope,
    { endpointId, searchSpaceId }: ClaimedDelivery,
    reason: DisabledReason,
  ): Promise<void> {
    const disabled = await scope.get(WebhooksRepository).disable(endpointId, reason);
    if (!disabled) return;
    await scope.get(AuditTrail).record({
      action: 'webhook.disabled',
      target: { type: 'webhook', id: endpointId },
      searchSpaceId,
      after: toWebhookState(disabled),
    });
  }
}
