import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { ClaimLoop } from '../persistence/claim-loop.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { DeliverWebhookService } from './deliver-webhook.service.js';
import { DeliveriesStore, DeliveryClaims } from './domain/deliveries.store.port.js';
import type { ClaimedDelivery } from './domain/delivery.js';
import { WebhookSignal } from './webhook-signal.js';

const POLL_EVERY_MS = 1_000;
/** At once, over all processes: who is slow holds up nobody but itself. */
const ENDPOINT_MAX = 4;
const SPACE_MAX = 16;
/** What an attempt takes besides the receiver's time, before another process may think that this one has died. */
const CLAIM_MARGIN_MS = 30_000;
const STOP_GRACE_MS = 5_000;
const MS_PER_S = 1_000;

/** Sends what is due, on every process but `ROLE=api`. */
@Injectable()
export class WebhooksWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: ClaimLoop<ClaimedDelivery>;
  private readonly limits = new Set<AbortController>();

  constructor(
    private readonly config: AppConfig,
    private readonly store: DeliveriesStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliverWebhookService,
    signal: WebhookSignal,
  ) {
    this.loop = new ClaimLoop({
      name: WebhooksWorker.name,
      pollEveryMs: POLL_EVERY_MS,
      concurrencyMax: config.webhooks.concurrencyMax,
      isHeldBack: true,
      claim: (limit) => this.claim(limit),
      work: (delivery) => this.send(delivery),
    });
    signal.onNudge(() => this.loop.wake());
  }

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.loop.start();
  }

  /** What is not answered in time is sent again when its claim has run out. */
  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop(STOP_GRACE_MS, () => {
      for (const limit of this.limits) limit.abort(new Error('the service is stopping'));
    });
  }

  private async claim(limit: number): Promise<ClaimedDelivery[]> {
    if (!(await this.store.hasDue())) return [];
    const claimMs = this.config.webhooks.timeoutS * MS_PER_S + CLAIM_MARGIN_MS;
    const bounds = { limit, endpointMax: ENDPOINT_MAX, spaceMax: SPACE_MAX, claimMs };
    return this.unitOfWork.run((scope) => scope.get(DeliveryClaims).claim(bounds));
  }

  private async send(delivery: ClaimedDelivery): Promise<void> {
    const limit = new AbortController();
    this.limits.add(limit);
    try {
      await this.deliveries.deliver(delivery, limit.signal);
    } finally {
      this.limits.delete(limit);
    }
  }
}
