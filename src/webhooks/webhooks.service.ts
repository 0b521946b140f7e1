import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { Clock } from '../common/clock.js';
import { isId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import { AppConfig } from '../config/app-config.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import {
  toChanged,
  toWebhookState,
  type WebhookChanges,
  type WebhookEndpoint,
} from './domain/webhook-endpoint.js';
import { tooManyWebhooks, webhookNotFound } from './domain/webhooks.errors.js';
import { WebhooksReader } from './domain/webhooks.reader.port.js';
import { WebhooksRepository } from './domain/webhooks.repository.port.js';
import { WebhookAssembler, type WebhookDraft } from './webhook-assembler.js';

export interface WithSecret {
  endpoint: WebhookEndpoint;
  /** Told this once. */
  secret: string;
}

/** The addresses that spaces are told at. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: WebhooksReader,
    private readonly access: AccessService,
    private readonly assembler: WebhookAssembler,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** @throws DomainError `request.invalid` naming the field; `request.conflict` when there are too many */
  create(caller: Caller, draft: WebhookDraft): Promise<WithSecret> {
    const made = this.assembler.make(draft, caller.userId);
    const { endpoint } = made;
    const { perSpaceMax } = this.config.webhooks;
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(WebhooksRepository);
      const count = await repository.lockSpace(endpoint.searchSpaceId);
      if (count === null) throw DomainError.notFound('search space');
      if (count >= perSpaceMax) throw tooManyWebhooks(perSpaceMax);
      await repository.save(endpoint);
      await scope.get(AuditTrail).record({
        action: 'webhook.created',
        target: toTarget(endpoint),
        searchSpaceId: endpoint.searchSpaceId,
        after: toWebhookState(endpoint),
      });
      return made;
    });
  }

  /** Newest first; one row more than `limit` when there are more. */
  list(searchSpaceId: string, page: PageRequest): Promise<WebhookEndpoint[]> {
    return this.reader.listOfSpace(searchSpaceId, page);
  }

  /**
   * @throws DomainError `request.not_found` for a missing one and for one of a space the caller is not in alike;
   * `rbac.permission_denied`, `auth.scope_missing`
   */
  async getFor(caller: Caller, id: string, permission: Permission): Promise<WebhookEndpoint> {
    const endpoint = isId(id) ? await this.reader.findById(id) : null;
    const access = endpoint && (await this.access.findAccess(caller, endpoint.searchSpaceId));
    if (!endpoint || !access) throw webhookNotFound();
    await this.access.assertPermission(caller, endpoint.searchSpaceId, permission);
    return endpoint;
  }

  /** What waits is sent to the new address, too. @throws DomainError as `getFor`, and `request.invalid` */
  async update(caller: Caller, id: string, changes: WebhookChanges): Promise<WebhookEndpoint> {
    await this.getFor(caller, id, 'settings:update');
    const checked = this.assembler.check(changes);
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(WebhooksRepository);
      const before = await repository.lock(id);
      if (!before) throw webhookNotFound();
      const after = toChanged(before, checked, this.clock.now());
      const states = { before: toWebhookState(before), after: toWebhookState(after) };
      if (before.url === after.url && isDeepStrictEqual(states.before, states.after)) return before;
      await repository.save(after);
      await scope.get(AuditTrail).record({
        action: 'webhook.updated',
        target: toTarget(after),
        searchSpaceId: after.searchSpaceId,
        ...states,
      });
      return after;
    });
  }

  /** With its log; what waits is never sent. @throws DomainError as `getFor` */
  async remove(caller: Caller, id: string): Promise<void> {
    const endpoint = await this.getFor(caller, id, 'settings:update');
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(WebhooksRepository).remove(endpoint.id))) throw webhookNotFound();
      await scope.get(AuditTrail).record({
        action: 'webhook.deleted',
        target: toTarget(endpoint),
        searchSpaceId: endpoint.searchSpaceId,
        before: toWebhookState(endpoint),
      });
    });
  }

  /**
   * @param overlapS how long the secret before still signs as well; 0 = no longer
   * @throws DomainError as `getFor`
   */
  async rotateSecret(caller: Caller, id: string, overlapS: number): Promise<WithSecret> {
    await this.getFor(caller, id, 'settings:update');
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(WebhooksRepository);
      const before = await repository.lock(id);
      if (!before) throw webhookNotFound();
      const rotated = this.assembler.rotate(before, overlapS);
      await repository.save(rotated.endpoint);
      await scope.get(AuditTrail).record({
        action: 'webhook.secret_rotated',
        target: toTarget(before),
        searchSpaceId: before.searchSpaceId,
        after: { overlap_s: overlapS },
      });
      return rotated;
    });
  }
}

function toTarget({ id }: WebhookEndpoint) {
  return { type: 'webhook', id };
}
