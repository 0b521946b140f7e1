import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { DomainError, type FieldFault } from '../common/domain-error.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { ConnectionsDirectory } from './connections-directory.port.js';
import { MODEL_KINDS } from './domain/connection-record.js';
import { ConnectionsRepository } from './domain/connections.repository.port.js';
import type { ModelPreference } from './domain/model-preference.js';
import { ModelPreferences } from './model-preferences.js';

/** Choosing the models of a space. */
@Injectable()
export class ModelPreferencesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly preferences: ModelPreferences,
    private readonly directory: ConnectionsDirectory,
    private readonly clock: Clock,
  ) {}

  /** A choice that no longer holds is null. */
  get(searchSpaceId: string): Promise<ModelPreference> {
    return this.preferences.find(searchSpaceId);
  }

  /** @throws DomainError `request.invalid` naming each field whose model cannot be taken */
  async set(searchSpaceId: string, wanted: ModelPreference): Promise<ModelPreference> {
    await this.assertPossible(searchSpaceId, wanted);
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(ConnectionsRepository);
      const before = await repository.findPreference(searchSpaceId);
      await repository.savePreference(searchSpaceId, wanted, this.clock.now());
      await scope.get(AuditTrail).record({
        action: 'model_preferences.updated',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: toState(before),
        after: toState(wanted),
      });
      await scope.get(CacheEpochMark).bump();
    });
    return wanted;
  }

  private async assertPossible(searchSpaceId: string, wanted: ModelPreference): Promise<void> {
    const connections = await this.directory.listFor(searchSpaceId);
    const fields = MODEL_KINDS.flatMap((kind): FieldFault[] => {
      const name = wanted[kind];
      const message = name === null ? null : this.preferences.findFault(connections, kind, name);
      return message === null ? [] : [{ field: `${kind}_model`, message }];
    });
    const [first] = fields;
    if (!first) return;
    throw new DomainError('request.invalid', `${first.field} ${first.message}`, { fields });
  }
}

function toState(preference: ModelPreference) {
  const { image, chat, embedding, failsOverRefusals, responseCacheTtlS } = preference;
  return {
    image_model: image,
    chat_model: chat,
    embedding_model: embedding,
    fail_over_refusals: failsOverRefusals,
    response_cache_ttl_s: responseCacheTtlS,
  };
}
