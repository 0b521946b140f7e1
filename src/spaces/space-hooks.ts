import { Injectable } from '@nestjs/common';
import type { Micros } from '../common/micros.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import { REMOVAL_STAGES, type RemovalStage, type RemoveBatch } from './domain/space-removal.js';

export type SpaceCreatedHook = (scope: WorkScope, searchSpaceId: string) => Promise<void>;
export type FirstSpaceHook = (
  scope: WorkScope,
  searchSpaceId: string,
  creditMicros: Micros,
) => Promise<void>;

/** Takes at most one batch of generations out of a collection; answers how many. */
export type DetachBatch = (collectionId: string) => Promise<number>;

export interface DeletingHook {
  /** For the log. */
  name: string;
  stage: RemovalStage;
  removeBatch: RemoveBatch;
}

/**
 * What rooms above do when a space is made, in the transaction that makes it (a throw undoes the space), and what
 * they remove when one is deleted. Rooms register in `onModuleInit`; hooks run in the order of registration.
 */
@Injectable()
export class SpaceHooks {
  private readonly created: SpaceCreatedHook[] = [];
  private readonly first: FirstSpaceHook[] = [];
  private readonly deleting: DeletingHook[] = [];
  private readonly detaching: DetachBatch[] = [];

  /** For every new space: its wallet. */
  onCreated(hook: SpaceCreatedHook): void {
    this.created.push(hook);
  }

  /** For the space of the first start, after `onCreated`: the money it begins with. */
  onFirstSpace(hook: FirstSpaceHook): void {
    this.first.push(hook);
  }

  /** For every space that is deleted: what the room keeps of it, in batches of its own transactions. */
  onDeleting(name: string, removeBatch: RemoveBatch, stage: RemovalStage = 'rows'): void {
    this.deleting.push({ name, stage, removeBatch });
  }

  /** For every collection that is deleted: rows that name it stay, and name none. */
  onCollectionDeleting(detachBatch: DetachBatch): void {
    this.detaching.push(detachBatch);
  }

  /** Stage by stage. */
  listDeleting(): DeletingHook[] {
    return REMOVAL_STAGES.flatMap((stage) => this.deleting.filter((hook) => hook.stage === stage));
  }

  /** Until nothing names the collection any more. */
  async runCollectionDeleting(collectionId: string): Promise<void> {
    for (const detachBatch of this.detaching) {
      let detached: number;
      do detached = await detachBatch(collectionId);
      while (detached > 0);
    }
  }

  async runCreated(scope: WorkScope, searchSpaceId: string): Promise<void> {
    for (const hook of this.created) await hook(scope, searchSpaceId);
  }

  async runFirstSpace(
    scope: WorkScope,
    searchSpaceId: string,
    creditMicros: Micros,
  ): Promise<void> {
    for (const hook of this.first) await hook(scope, searchSpaceId, creditMicros);
  }
}
