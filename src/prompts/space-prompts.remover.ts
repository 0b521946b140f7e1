import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { RemovalProgress } from '../spaces/domain/space-removal.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { SpacePrompts } from './domain/optimizations.repository.port.js';

/** Templates of one batch, each with at most its hundred versions. */
const BATCH_MAX = 20;

/** Removes the templates of a space that is being deleted, and what is remembered of its rewritings. */
@Injectable()
export class SpacePromptsRemover implements OnModuleInit {
  constructor(
    private readonly hooks: SpaceHooks,
    private readonly rows: SpacePrompts,
  ) {}

  onModuleInit(): void {
    this.hooks.onDeleting('prompts', (searchSpaceId) => this.removeBatch(searchSpaceId));
  }

  private async removeBatch(searchSpaceId: string): Promise<RemovalProgress> {
    const removed = await this.rows.removeBatch(searchSpaceId, BATCH_MAX);
    return removed > 0 ? 'more' : 'done';
  }
}
