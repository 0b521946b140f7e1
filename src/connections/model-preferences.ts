import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { isRetired } from '../providers/check-capability.js';
import type { Connection } from './connection.js';
import { ConnectionState } from './connection-state.js';
import { ConnectionsDirectory } from './connections-directory.port.js';
import { MODEL_KINDS, type ModelKind } from './domain/connection-record.js';
import { AUTO, type KeptPreference, type ModelPreference } from './domain/model-preference.js';
import type { AnyModel } from './serve-models.js';

/** Why a model cannot be what a space prefers, as the end of a sentence; null = it can. */
export type PreferenceFault = string | null;

/** Which models a space takes where a request names none. Answered from memory. */
@Injectable()
export class ModelPreferences {
  constructor(
    private readonly state: ConnectionState,
    private readonly directory: ConnectionsDirectory,
    private readonly clock: Clock,
  ) {}

  /** By kind a public name, `auto`, or null = the house's default. A choice that no longer holds is null. */
  async find(searchSpaceId: string): Promise<ModelPreference> {
    const { preference } = await this.state.ofSpace(searchSpaceId);
    if (MODEL_KINDS.every((kind) => preference[kind] === null)) return preference;
    const connections = await this.directory.listFor(searchSpaceId);
    const entries = MODEL_KINDS.map((kind) => {
      const name = preference[kind];
      const isGood = name !== null && this.findFault(connections, kind, name) === null;
      return [kind, isGood ? name : null];
    });
    return { ...preference, ...Object.fromEntries(entries) };
  }

  /** Whether and how long answers are kept, and the edition of that choice. */
  async findResponseCache(
    searchSpaceId: string,
  ): Promise<Pick<KeptPreference, 'responseCacheTtlS' | 'responseCacheEdition'>> {
    const { preference } = await this.state.ofSpace(searchSpaceId);
    return preference;
  }

  /** @param name a public name, or `auto` */
  findFault(connections: readonly Connection[], kind: ModelKind, name: string): PreferenceFault {
    if (name === AUTO) return null;
    const now = this.clock.now();
    const serving = connections.filter((connection) => connection.models.has(name));
    if (serving.length === 0) return 'is not known in this search space, or is disabled';
    const usable = serving.filter(
      ({ isEnabled, expiresAt }) => isEnabled && (expiresAt === null || expiresAt > now),
    );
    if (usable.length === 0) return 'is served by no connection that is enabled';
    const models = usable.map(({ models }) => models.get(name)!.model);
    const ofKind = models.filter((model) => model.kind === kind && canDo(model));
    if (ofKind.length === 0) return `is no model for ${kind}`;
    return ofKind.every((model) => isRetired(model, now))
      ? 'is retired: its vendor no longer answers'
      : null;
  }
}

function canDo(model: AnyModel): boolean {
  return model.kind !== 'image' || model.capabilities.operations.includes('generate');
}
