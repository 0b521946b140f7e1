import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import type { Caller } from '../common/caller.js';
import { isGranted, type Permission } from '../common/permission.js';
import { AppConfig } from '../config/app-config.js';
import { AccessService } from '../rbac/access.service.js';
import { AdmissionParts } from './admission-parts.js';
import type { GenerationRequest } from './domain/generation-request.js';

/** What the role of whoever goes before the others of the space must hold. */
const HIGH_NEEDS: Permission = 'settings:update';

/** Who may go first in a space, and how short or long a deadline may be. */
@Injectable()
export class PriorityGate implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly access: AccessService,
    private readonly parts: AdmissionParts,
  ) {}

  onModuleInit(): void {
    this.parts.register(async (request, { caller }) => {
      this.assertDeadline(request);
      await this.assertPriority(request, caller);
      return null;
    });
  }

  private assertDeadline({ deadlineS }: GenerationRequest): void {
    const most = this.config.generations.deadlineS;
    if (deadlineS === undefined || deadlineS <= most) return;
    throw DomainError.invalid('deadline_s', `must be at most ${most}, the deadline of the house`);
  }

  /** Of a key its maker's role counts: no scope stands for it. What is retried was asserted when it came first. */
  private async assertPriority(
    { priority, searchSpaceId, retriedFrom }: GenerationRequest,
    caller: Caller,
  ): Promise<void> {
    if (priority !== 'high' || retriedFrom !== undefined) return;
    const { permissions } = await this.access.getAccess(caller, searchSpaceId);
    if (isGranted(permissions, HIGH_NEEDS)) return;
    throw new DomainError(
      'rbac.permission_denied',
      `priority high needs the permission ${HIGH_NEEDS} in this search space. Send it with priority normal, or ask ` +
        'an owner of the space.',
      { details: { field: 'priority', permission: HIGH_NEEDS } },
    );
  }
}
