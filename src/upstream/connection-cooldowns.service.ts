import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { DomainError } from '../common/domain-error.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { ConnectionGate } from './connection-gate.js';

/** What operators do about connections that are left out. */
@Injectable()
export class ConnectionCooldownsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly directory: ConnectionsDirectory,
    private readonly gate: ConnectionGate,
  ) {}

  /**
   * Lets the connection be called again, in every process within a second.
   * @returns how many cooldowns and breakers there were
   * @throws DomainError `request.not_found`
   */
  async clear(id: string): Promise<number> {
    const connection = await this.directory.find(id);
    if (!connection) throw DomainError.notFound('connection');
    await this.unitOfWork.run((scope) =>
      scope.get(AuditTrail).record({
        action: 'connection.cooldown_cleared',
        target: { type: 'connection', id },
        searchSpaceId: connection.searchSpaceId,
        after: { provider: connection.provider },
      }),
    );
    return this.gate.reset(id);
  }
}
