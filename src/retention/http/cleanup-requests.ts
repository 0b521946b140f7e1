import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { Clock } from '../../common/clock.js';
import { CleanupsService } from '../cleanups.service.js';
import {
  type CleanupDto,
  type CleanupResponse,
  findPlanId,
  toCleanupFilters,
  toCleanupResponse,
} from './cleanups.dto.js';

const ACCEPTED = 202;

/** A request to clear storage: the first shows what would go, the second begins what was shown. */
@Injectable()
export class CleanupRequests {
  constructor(
    private readonly cleanups: CleanupsService,
    private readonly clock: Clock,
  ) {}

  /** @param spaceId null = all spaces, for operators */
  async answer(
    caller: Caller,
    spaceId: string | null,
    body: CleanupDto,
    reply: FastifyReply,
  ): Promise<CleanupResponse> {
    const planId = findPlanId(body);
    if (planId === null) {
      const filters = toCleanupFilters(spaceId, body, this.clock.now());
      return toCleanupResponse(await this.cleanups.plan(caller, filters));
    }
    const begun = await this.cleanups.begin(caller, spaceId, planId);
    const root = spaceId === null ? '/api/v1/ops/storage' : '/api/v1/storage';
    void reply.code(ACCEPTED).header('location', `${root}/cleanups/${begun.id}`);
    return toCleanupResponse(begun);
  }
}
