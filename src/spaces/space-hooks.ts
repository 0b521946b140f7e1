import { Injectable } from '@nestjs/common';
import type { Micros } from '../common/micros.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';

export type SpaceCreatedHook = (scope: WorkScope, searchSpaceId: string) => Promise<void>;
export type FirstSpaceHook = (
  scope: WorkScope,
  searchSpaceId: string,
  creditMicros: Micros,
) => Promise<void>;

/**
 * What rooms above do when a space is made, in the transaction that makes it: a throw undoes the space.
 * Rooms register in `onModuleInit`; hooks run in the order of registration.
 */
@Injectable()
export class SpaceHooks {
  private readonly created: SpaceCreatedHook[] = [];
  private readonly first: FirstSpaceHook[] = [];

  /** For every new space: its wallet. */
  onCreated(hook: SpaceCreatedHook): void {
    this.created.push(hook);
  }

  /** For the space of the first start, after `onCreated`: the money it begins with. */
  onFirstSpace(hook: FirstSpaceHook): void {
    this.first.push(hook);
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
