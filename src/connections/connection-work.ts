import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { ConnectionAuthority } from './connection-authority.js';
import { toStored } from './connections.service.js';
import { type ConnectionRecord, isOfSettings } from './domain/connection-record.js';
import { connectionNotFound } from './domain/connections.errors.js';
import { ConnectionsRepository } from './domain/connections.repository.port.js';

/** Changes of what hangs on a connection: one after the other, and seen by every process. */
@Injectable()
export class ConnectionWork {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly authority: ConnectionAuthority,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.not_found` when it was deleted meanwhile, and what `work` throws */
  run<T>(connection: ConnectionRecord, work: (scope: WorkScope) => Promise<T>): Promise<T> {
    return this.authority.runFor(connection, () =>
      this.unitOfWork.run(async (scope) => {
        const row = await scope.get(ConnectionsRepository).lock(connection.id);
        if (!row && !isOfSettings(connection)) throw connectionNotFound();
        const result = await work(scope);
        await scope.get(CacheEpochMark).bump();
        return result;
      }),
    );
  }

  /** One of the settings has no row before something is to hang on it. */
  async ensureKept(scope: WorkScope, connection: ConnectionRecord): Promise<void> {
    if (!isOfSettings(connection)) return;
    const repository = scope.get(ConnectionsRepository);
    await repository.lockAll();
    if (await repository.lock(connection.id)) return;
    const now = this.clock.now();
    await repository.save(toStored({ ...connection, createdAt: now, updatedAt: now }));
  }
}
