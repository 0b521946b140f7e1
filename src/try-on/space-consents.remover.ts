import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { RemovalProgress } from '../spaces/domain/space-removal.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { ConsentsReader } from './domain/consents.reader.port.js';

const BATCH_MAX = 500;

/** Removes the consents of a space that is being deleted: they speak of pictures that go with it. */
@Injectable()
export class SpaceConsentsRemover implements OnModuleInit {
  constructor(
    private readonly hooks: SpaceHooks,
    private readonly consents: ConsentsReader,
  ) {}

  onModuleInit(): void {
    this.hooks.onDeleting('try-on consents', (id) => this.removeBatch(id));
  }

  async removeBatch(searchSpaceId: string): Promise<RemovalProgress> {
    const removed = await this.consents.removeOfSpace(searchSpaceId, BATCH_MAX);
    return removed === 0 ? 'done' : 'more';
  }
}
