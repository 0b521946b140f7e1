import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { AccessService } from '../../rbac/access.service.js';
import type { Batch } from '../domain/batch.js';
import { BatchesRepository } from '../domain/batches.repository.port.js';
import type { GenerationView } from '../generation-view.js';
import { ViewGenerationsService } from '../view-generations.service.js';

export interface BatchView {
  batch: Batch;
  /** In the order of the requests; null = refused, deleted, or not yet admitted. */
  views: readonly (GenerationView | null)[];
}

/** Reads batches with their generations as they are now. */
@Injectable()
export class ViewBatchService {
  constructor(
    private readonly batches: BatchesRepository,
    private readonly generations: ViewGenerationsService,
    private readonly access: AccessService,
  ) {}

  /** @throws DomainError `request.not_found` for a missing and a foreign one alike; `rbac.permission_denied` */
  async getFor(caller: Caller, id: string): Promise<BatchView> {
    const batch = isId(id) ? await this.batches.find(id) : null;
    if (!batch || !(await this.access.findAccess(caller, batch.searchSpaceId))) {
      throw DomainError.notFound('batch');
    }
    await this.access.assertPermission(caller, batch.searchSpaceId, 'image_generations:read');
    const found = await this.generations.findMany(batch.generationIds);
    const byId = new Map(found.map((view) => [view.generation.id, view]));
    return { batch, views: batch.generationIds.map((one) => byId.get(one) ?? null) };
  }
}
