import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { Permission } from '../common/permission.js';
import { runAsSystem } from '../http/request-scope.js';
import { AccessService } from '../rbac/access.service.js';
import { toRecord } from './configured-connections.js';
import { ConnectionOpener } from './connection-opener.js';
import {
  type ConnectionRecord,
  type ConnectionScope,
  isOfSettings,
} from './domain/connection-record.js';
import { connectionNotFound, operatorScope } from './domain/connections.errors.js';
import { ConnectionsReader } from './domain/connections.reader.port.js';
import type { ConnectionHolder } from './domain/connections.repository.port.js';

export type ConnectionAction = 'create' | 'read' | 'update' | 'delete';

/** Operators have the house's, members a space's by their role, everybody their own. Others' are as good as missing. */
@Injectable()
export class ConnectionAuthority {
  constructor(
    private readonly access: AccessService,
    private readonly reader: ConnectionsReader,
    private readonly opener: ConnectionOpener,
  ) {}

  /**
   * Whose connections the caller means, once it is clear that they may.
   * @throws DomainError `rbac.operator_required`, `rbac.permission_denied`, `request.not_found`, `request.invalid`
   */
  async resolve(
    caller: Caller,
    { scope, searchSpaceId }: { scope: ConnectionScope; searchSpaceId?: string },
    action: ConnectionAction,
  ): Promise<ConnectionHolder> {
    if (scope !== 'space' && searchSpaceId !== undefined) {
      throw DomainError.invalid('search_space_id', 'goes with scope space alone');
    }
    if (scope === 'user') return { scope, searchSpaceId: null, userId: caller.userId };
    if (scope === 'space') {
      if (searchSpaceId === undefined) {
        throw DomainError.invalid('search_space_id', 'must name the search space');
      }
      const access = await this.access.assertPermission(caller, searchSpaceId, toNeed(action));
      return { scope, searchSpaceId: access.searchSpaceId, userId: null };
    }
    if (!caller.isOperator) throw operatorScope();
    return { scope, searchSpaceId: null, userId: null };
  }

  /** @throws DomainError `request.not_found`; for members of its space also `rbac.permission_denied` */
  async getFor(caller: Caller, id: string, action: ConnectionAction): Promise<ConnectionRecord> {
    const record = await this.find(id);
    if (!record) throw connectionNotFound();
    await this.assertMay(caller, record, action);
    return record;
  }

  /** Does the work of a caller who may do it; what is about the house's is the system's. */
  runFor<T>({ scope }: Pick<ConnectionHolder, 'scope'>, work: () => Promise<T>): Promise<T> {
    return scope === 'global' ? runAsSystem(work) : work();
  }

  private async assertMay(
    caller: Caller,
    { scope, searchSpaceId, userId }: ConnectionRecord,
    action: ConnectionAction,
  ): Promise<void> {
    if (scope === 'global' && !caller.isOperator) throw connectionNotFound();
    if (scope === 'user' && userId !== caller.userId) throw connectionNotFound();
    if (scope !== 'space') return;
    if (!(await this.access.findAccess(caller, searchSpaceId))) throw connectionNotFound();
    await this.access.assertPermission(caller, searchSpaceId, toNeed(action));
  }

  private async find(id: string): Promise<ConnectionRecord | null> {
    const configured = this.opener.configured.find((one) => one.id === id);
    if (configured) return toRecord(configured, await this.reader.find(id));
    if (isOfSettings({ id }) || !isId(id)) return null;
    return this.reader.find(id.toLowerCase());
  }
}

function toNeed(action: ConnectionAction): Permission {
  return `llm_configs:${action}`;
}
