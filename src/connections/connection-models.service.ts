import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import { ConnectionAuthority } from './connection-authority.js';
import { ConnectionWork } from './connection-work.js';
import { pickChanged, toModelState } from './domain/connection-audit.js';
import {
  type ConnectionRecord,
  MIDDLING,
  MODEL_KINDS,
  type ModelKind,
  type ModelRecord,
  MODELS_PER_CONNECTION_MAX,
} from './domain/connection-record.js';
import { modelNotFound, modelTaken, tooManyModels } from './domain/connections.errors.js';
import { ConnectionsReader } from './domain/connections.reader.port.js';
import { ConnectionsRepository } from './domain/connections.repository.port.js';
import { AUTO } from './domain/model-preference.js';
import { parseCapabilities } from './parse-capabilities.js';
import { assertServable, findInCatalog } from './serve-models.js';

/** As somebody wrote it; undefined = as it is, or as its base or its kind has it. */
export interface ModelChanges {
  vendorModel?: string | null;
  baseModel?: string | null;
  /** As written: `{n_max: 4}`. */
  capabilities?: Readonly<Record<string, unknown>>;
  title?: string | null;
  quality?: number;
  isEnabled?: boolean;
}

export interface ModelDraft extends ModelChanges {
  name: string;
  kind: ModelKind;
}

/** A model that a vendor named, under a name that can be one here. */
export interface FoundName {
  name: string;
  title: string | null;
  kind: ModelKind;
}

/** Which models a connection serves beside those of the catalogue, and how it serves these. */
@Injectable()
export class ConnectionModelsService {
  constructor(
    private readonly work: ConnectionWork,
    private readonly reader: ConnectionsReader,
    private readonly authority: ConnectionAuthority,
    private readonly catalog: ModelCatalogService,
    private readonly clock: Clock,
  ) {}

  /** Those it has of its own, newest first; one more than the page asks for. */
  async list(caller: Caller, id: string, page: PageRequest): Promise<ModelRecord[]> {
    const connection = await this.authority.getFor(caller, id, 'read');
    return this.reader.listModels(connection.id, page);
  }

  /** @throws DomainError `request.invalid` naming the field, `request.conflict` for a name in use or too many */
  async add(caller: Caller, id: string, draft: ModelDraft): Promise<ModelRecord> {
    if (draft.name === AUTO)
      throw DomainError.invalid('name', 'is what callers write to leave the choice');
    const connection = await this.authority.getFor(caller, id, 'update');
    return this.work.run(connection, async (scope) => {
      const repository = scope.get(ConnectionsRepository);
      if (await repository.lockModel(connection.id, draft.name)) throw modelTaken(draft.name);
      const plain = this.toPlain(connection, draft.name, draft.kind, 'manual');
      const model = this.apply(plain, draft, connection);
      await this.saveNew(scope, connection, [model]);
      await record(scope, connection, 'connection_model.created', model, {
        after: toModelState(model),
      });
      return model;
    });
  }

  /**
   * A model of the catalogue is changed as this connection serves it.
   * @throws DomainError `request.not_found`, `request.invalid` naming the field
   */
  async update(
    caller: Caller,
    id: string,
    name: string,
    changes: ModelChanges,
  ): Promise<ModelRecord> {
    const connection = await this.authority.getFor(caller, id, 'update');
    return this.work.run(connection, async (scope) => {
      const repository = scope.get(ConnectionsRepository);
      const kept = await repository.lockModel(connection.id, name);
      const before = kept ?? this.findUntouched(connection, name);
      if (!before) throw modelNotFound();
      const after = this.apply(before, changes, connection);
      if (kept) await repository.saveModels([after]);
      else await this.saveNew(scope, connection, [after]);
      const states = pickChanged(toModelState(before), toModelState(after));
      await record(scope, connection, 'connection_model.updated', after, states);
      return after;
    });
  }

  /** All of them or none. Answers how many changed. @throws DomainError `request.invalid` naming what is unknown */
  async enable(
    caller: Caller,
    id: string,
    names: readonly string[],
    isEnabled: boolean,
  ): Promise<number> {
    const connection = await this.authority.getFor(caller, id, 'update');
    return this.work.run(connection, async (scope) => {
      const repository = scope.get(ConnectionsRepository);
      const kept = await repository.lockModels(connection.id, names);
      const known = new Set(kept.map((model) => model.name));
      const untouched = names
        .filter((name) => !known.has(name))
        .map((name) => this.findUntouched(connection, name) ?? unknownName(names, name));
      const changed = kept.filter((model) => model.isEnabled !== isEnabled);
      const fresh = untouched.filter((model) => model.isEnabled !== isEnabled);
      const toNext = (model: ModelRecord) => this.apply(model, { isEnabled }, connection);
      await repository.saveModels(changed.map(toNext));
      await this.saveNew(scope, connection, fresh.map(toNext));
      const all = [...changed, ...fresh].map(({ name }) => name);
      await scope.get(AuditTrail).record({
        action: isEnabled ? 'connection_models.enabled' : 'connection_models.disabled',
        target: { type: 'connection', id: connection.id },
        searchSpaceId: connection.searchSpaceId,
        after: { count: all.length, names: all },
      });
      return all.length;
    });
  }

  /** One of the catalogue is served again as the catalogue has it. @throws DomainError `request.not_found` */
  async remove(caller: Caller, id: string, name: string): Promise<void> {
    const connection = await this.authority.getFor(caller, id, 'update');
    await this.work.run(connection, async (scope) => {
      const repository = scope.get(ConnectionsRepository);
      const model = await repository.lockModel(connection.id, name);
      if (!model) throw modelNotFound();
      await repository.removeModel(connection.id, name);
      await record(scope, connection, 'connection_model.deleted', model, {
        before: toModelState(model),
      });
    });
  }

  /** What a vendor names anew comes in disabled, as far as there is room. Answers what came. */
  async addDiscovered(
    connection: ConnectionRecord,
    found: readonly FoundName[],
  ): Promise<readonly FoundName[]> {
    if (found.length === 0) return [];
    return this.work.run(connection, async (scope) => {
      const repository = scope.get(ConnectionsRepository);
      const names = found.map(({ name }) => name);
      const kept = await repository.lockModels(connection.id, names);
      const known = new Set(kept.map(({ name }) => name));
      const room = MODELS_PER_CONNECTION_MAX - (await repository.countModels(connection.id));
      const fresh = found.filter(({ name }) => !known.has(name)).slice(0, Math.max(0, room));
      if (fresh.length === 0) return [];
      await this.work.ensureKept(scope, connection);
      const models = fresh.map(({ name, title, kind }) => ({
        ...this.toPlain(connection, name, kind, 'discovered'),
        title,
        isEnabled: false,
      }));
      await repository.saveModels(models);
      await scope.get(AuditTrail).record({
        action: 'connection_models.discovered',
        target: { type: 'connection', id: connection.id },
        searchSpaceId: connection.searchSpaceId,
        after: { count: fresh.length },
      });
      return fresh;
    });
  }

  private apply(
    before: ModelRecord,
    changes: ModelChanges,
    connection: ConnectionRecord,
  ): ModelRecord {
    const { capabilities, ...rest } = changes;
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as Omit<ModelChanges, 'capabilities'>;
    const after: ModelRecord = {
      ...before,
      ...given,
      // The draft of a new one has them too, as they are.
      name: before.name,
      kind: before.kind,
      capabilities: capabilities
        ? parseCapabilities(before.kind, capabilities)
        : before.capabilities,
      updatedAt: this.clock.now(),
    };
    assertServable(after, connection, this.catalog);
    return after;
  }

  /** As the catalogue has it, served here and never changed. */
  private findUntouched(connection: ConnectionRecord, name: string): ModelRecord | null {
    if (!connection.servesCatalog) return null;
    for (const kind of MODEL_KINDS) {
      if (findInCatalog(this.catalog, kind, name)?.provider !== connection.provider) continue;
      return this.toPlain(connection, name, kind, 'catalog');
    }
    return null;
  }

  private toPlain(
    connection: ConnectionRecord,
    name: string,
    kind: ModelKind,
    source: ModelRecord['source'],
  ): ModelRecord {
    const now = this.clock.now();
    return {
      id: newId(),
      connectionId: connection.id,
      name,
      kind,
      vendorModel: null,
      baseModel: null,
      capabilities: {},
      title: null,
      quality: MIDDLING,
      isEnabled: true,
      source,
      createdAt: now,
      updatedAt: now,
    };
  }

  private async saveNew(
    scope: WorkScope,
    connection: ConnectionRecord,
    models: readonly ModelRecord[],
  ): Promise<void> {
    if (models.length === 0) return;
    const repository = scope.get(ConnectionsRepository);
    const count = await repository.countModels(connection.id);
    if (count + models.length > MODELS_PER_CONNECTION_MAX) throw tooManyModels();
    await this.work.ensureKept(scope, connection);
    await repository.saveModels(models);
  }
}

async function record(
  scope: WorkScope,
  connection: ConnectionRecord,
  action: string,
  model: ModelRecord,
  states: { before?: object; after?: object },
): Promise<void> {
  await scope.get(AuditTrail).record({
    action,
    target: { type: 'connection_model', id: model.id },
    searchSpaceId: connection.searchSpaceId,
    before: states.before as Readonly<Record<string, unknown>> | undefined,
    after: {
      connection_id: connection.id,
      name: model.name,
      ...(states.after as Readonly<Record<string, unknown>> | undefined),
    },
  });
}

function unknownName(names: readonly string[], name: string): never {
  throw DomainError.invalid(`names[${names.indexOf(name)}]`, 'is no model of this connection');
}
