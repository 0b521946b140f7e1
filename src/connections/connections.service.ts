import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import type { PageRequest } from '../common/page.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { toRecord, withConfigured } from './configured-connections.js';
import {
  ConnectionAssembler,
  type ConnectionChanges,
  type ConnectionDraft,
} from './connection-assembler.js';
import { ConnectionAuthority } from './connection-authority.js';
import { ConnectionOpener } from './connection-opener.js';
import { CredentialChanges } from './credential-changes.js';
import {
  type ConnectionRecord,
  CONNECTIONS_MAX,
  type ConnectionScope,
  isOfSettings,
} from './domain/connection-record.js';
import { toChangedStates, toConnectionState } from './domain/connection-audit.js';
import {
  connectionNotFound,
  settingsStay,
  tooManyConnections,
} from './domain/connections.errors.js';
import { ConnectionsReader } from './domain/connections.reader.port.js';
import {
  type ConnectionHolder,
  ConnectionsRepository,
} from './domain/connections.repository.port.js';

export interface ConnectionFilter {
  /** Undefined: `space` with a search space, else the caller's own, and for operators the house's. */
  scope?: ConnectionScope;
  searchSpaceId?: string;
  provider?: string;
}

/** Making, changing and deleting connections. What changes holds for the next call. */
@Injectable()
export class ConnectionsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: ConnectionsReader,
    private readonly authority: ConnectionAuthority,
    private readonly assembler: ConnectionAssembler,
    private readonly opener: ConnectionOpener,
    private readonly changes: CredentialChanges,
  ) {}

  /** @throws DomainError as ConnectionAuthority.resolve and ConnectionAssembler.make; `request.conflict` for too many */
  async create(
    caller: Caller,
    draft: ConnectionDraft,
    whose: { scope: ConnectionScope; searchSpaceId?: string },
  ): Promise<ConnectionRecord> {
    const holder = await this.authority.resolve(caller, whose, 'create');
    const record = this.assembler.make(draft, holder, caller.userId);
    await this.authority.runFor(holder, () =>
      this.unitOfWork.run(async (scope) => {
        const repository = scope.get(ConnectionsRepository);
        await repository.lockAll();
        if ((await repository.count(holder)) >= CONNECTIONS_MAX[holder.scope]) {
          throw tooManyConnections(holder.scope);
        }
        await repository.save(record);
        await scope.get(AuditTrail).record({
          action: 'connection.created',
          target: { type: 'connection', id: record.id },
          searchSpaceId: record.searchSpaceId,
          after: toConnectionState(record),
        });
        await scope.get(CacheEpochMark).bump();
      }),
    );
    return record;
  }

  /** The greatest id first; one more than the page asks for. @throws DomainError as ConnectionAuthority.resolve */
  async list(
    caller: Caller,
    filter: ConnectionFilter,
    page: PageRequest,
  ): Promise<ConnectionRecord[]> {
    const holders = await this.resolveHolders(caller, filter);
    const lists = await Promise.all(holders.map((holder) => this.listOf(holder)));
    return lists
      .flat()
      .filter(({ provider }) => filter.provider === undefined || provider === filter.provider)
      .filter(({ id }) => page.after === null || id < page.after)
      .toSorted((left, right) => (left.id < right.id ? 1 : -1))
      .slice(0, page.limit + 1);
  }

  /** @throws DomainError `request.not_found`, `rbac.permission_denied` */
  get(caller: Caller, id: string): Promise<ConnectionRecord> {
    return this.authority.getFor(caller, id, 'read');
  }

  /** @throws DomainError as `get` and ConnectionAssembler.change */
  async update(caller: Caller, id: string, changes: ConnectionChanges): Promise<ConnectionRecord> {
    const seen = await this.authority.getFor(caller, id, 'update');
    const { before, after } = await this.authority.runFor(seen, () =>
      this.unitOfWork.run(async (scope) => {
        const repository = scope.get(ConnectionsRepository);
        await repository.lockAll();
        const before = this.withSettings(seen, await repository.lock(seen.id));
        const after = this.assembler.change(before, changes);
        await repository.save(toStored(after));
        await scope.get(AuditTrail).record({
          action: 'connection.updated',
          target: { type: 'connection', id: seen.id },
          searchSpaceId: seen.searchSpaceId,
          ...toChangedStates(before, after),
        });
        await scope.get(CacheEpochMark).bump();
        return { before, after };
      }),
    );
    if (isCalledOtherwise(before, after)) await this.changes.announce(after.id);
    return after;
  }

  /** What runs on it ends with an error that says so. @throws DomainError as `get`; `request.conflict` for the settings' own */
  async remove(caller: Caller, id: string): Promise<void> {
    const seen = await this.authority.getFor(caller, id, 'delete');
    if (isOfSettings(seen)) throw settingsStay();
    await this.authority.runFor(seen, () =>
      this.unitOfWork.run(async (scope) => {
        const repository = scope.get(ConnectionsRepository);
        const before = await repository.lock(seen.id);
        if (!before) throw connectionNotFound();
        await repository.remove(seen.id);
        await scope.get(AuditTrail).record({
          action: 'connection.deleted',
          target: { type: 'connection', id: seen.id },
          searchSpaceId: seen.searchSpaceId,
          before: toConnectionState(before),
        });
        await scope.get(CacheEpochMark).bump();
      }),
    );
    await this.changes.announce(seen.id);
  }

  private async resolveHolders(
    caller: Caller,
    { scope, searchSpaceId }: ConnectionFilter,
  ): Promise<ConnectionHolder[]> {
    const wanted = scope ?? (searchSpaceId === undefined ? undefined : 'space');
    if (wanted) {
      return [await this.authority.resolve(caller, { scope: wanted, searchSpaceId }, 'read')];
    }
    const scopes: ConnectionScope[] = caller.isOperator ? ['global', 'user'] : ['user'];
    return Promise.all(scopes.map((one) => this.authority.resolve(caller, { scope: one }, 'read')));
  }

  private async listOf(holder: ConnectionHolder): Promise<ConnectionRecord[]> {
    const rows = await this.reader.listOf(holder);
    if (holder.scope !== 'global') return rows;
    const kept = rows.map((record) => ({ record, models: [] }));
    return withConfigured(this.opener.configured, kept).map(({ record }) => record);
  }

  private withSettings(seen: ConnectionRecord, row: ConnectionRecord | null): ConnectionRecord {
    const configured = this.opener.configured.find(({ id }) => id === seen.id);
    if (configured) return toRecord(configured, row);
    if (!row) throw connectionNotFound();
    return row;
  }
}

/** Whether the vendor is asked elsewhere, or with another credential. */
function isCalledOtherwise(before: ConnectionRecord, after: ConnectionRecord): boolean {
  return (
    before.apiKeySealed !== after.apiKeySealed ||
    before.baseUrl !== after.baseUrl ||
    before.provider !== after.provider ||
    !isDeepStrictEqual(before.extra, after.extra)
  );
}

/** Of the settings' own only what an operator set is kept. */
export function toStored(record: ConnectionRecord): ConnectionRecord {
  if (!isOfSettings(record)) return record;
  return { ...record, baseUrl: null, apiKeySealed: null, apiKeyHint: null, extra: {} };
}
