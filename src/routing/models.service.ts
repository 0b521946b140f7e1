import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import type { Connection } from '../connections/connection.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import type { RouteBook } from './domain/route-book.js';
import { isWildcard } from './domain/wildcard-name.js';
import { listReach, type Service } from './list-reach.js';
import type { AnyModel, ModelKind } from './route-plan.js';
import { RoutingState } from './routing-state.js';
import { isGone } from './wish-list.js';

/** A name that can be asked for, and whether anything can serve it. */
export interface OfferedModel {
  /** The model's own, or a route's. */
  name: string;
  model: AnyModel;
  isRetired: boolean;
  /** That may be called, as far as their own settings say. */
  connections: number;
  /** What the name stands for, best first; empty = the model of that name alone. */
  mapsTo: readonly string[];
  /** Whether a restricting route keeps it from the space. */
  isRestricted: boolean;
}

/** Whether it can be asked for now. */
export function isOffered({ connections, isRetired, isRestricted }: OfferedModel): boolean {
  return connections > 0 && !isRetired && !isRestricted;
}

interface View {
  searchSpaceId: string;
  connections: readonly Connection[];
  book: RouteBook;
  now: Date;
}

const KINDS: readonly ModelKind[] = ['image', 'chat', 'embedding'];
/** Stands for no space: global routes alone count. */
const NO_SPACE = '';

/** What can be asked for. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly clock: Clock,
    private readonly catalog: ModelCatalogService,
    private readonly directory: ConnectionsDirectory,
    private readonly state: RoutingState,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * The catalogue in its order, then the connections' own models, then names of routes; for a key those it may ask for.
   * @param searchSpaceId null = the house's connections and global routes alone
   */
  async list(caller: Caller, searchSpaceId: string | null): Promise<OfferedModel[]> {
    const [connections, book] = await Promise.all([
      searchSpaceId === null ? this.directory.listGlobal() : this.directory.listFor(searchSpaceId),
      this.state.current(),
    ]);
    const now = this.clock.now();
    const view = { searchSpaceId: searchSpaceId ?? NO_SPACE, connections, book, now };
    const models = KINDS.flatMap((kind) => this.listKind(view, kind));
    const offered = [...models, ...listNames(view, models)];
    return offered.filter(({ name }) => isModelAllowed(caller, name));
  }

  /** Makes every process ask anew for models, connections, routes and all else that it keeps. */
  async invalidate(): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      await scope.get(AuditTrail).record({
        action: 'models.cache_invalidated',
        target: { type: 'cache', id: null },
        searchSpaceId: null,
      });
      await scope.get(CacheEpochMark).bump();
    });
  }

  private listKind(view: View, kind: ModelKind): OfferedModel[] {
    const reach = listReach<AnyModel>(view.connections, kind);
    const known = this.listCatalog(kind);
    const names = new Set(known.map(({ id }) => id));
    const own = [...reach].flatMap(([name, [service]]) =>
      names.has(name) || !service ? [] : [service.model],
    );
    return [...known, ...own].map((model) => toOffered(view, model, reach.get(model.id) ?? []));
  }

  private listCatalog(kind: ModelKind): readonly AnyModel[] {
    switch (kind) {
      case 'image':
        return this.catalog.listImageModels();
      case 'chat':
        return this.catalog.listChatModels();
      case 'embedding':
        return this.catalog.listEmbeddingModels();
    }
  }
}

function toOffered(view: View, model: AnyModel, services: readonly Service[]): OfferedModel {
  const { book, searchSpaceId, now } = view;
  const route = book.find(searchSpaceId, model.id);
  return {
    name: model.id,
    model,
    isRetired: isGone(model, now),
    connections: services.filter(({ connection }) => isUsable(connection, now)).length,
    mapsTo: route ? listTargets(view, model.id) : [],
    isRestricted: book.isRestricted(searchSpaceId) && !route,
  };
}

/** Exact names of routes that are no model's: shown as the first model that they stand for. */
function listNames(view: View, models: readonly OfferedModel[]): OfferedModel[] {
  const byName = new Map(models.map((offered) => [offered.name, offered]));
  const names = new Set(view.book.listFor(view.searchSpaceId).map(({ name }) => name));
  return [...names].flatMap((name) => {
    if (isWildcard(name) || byName.has(name)) return [];
    const mapsTo = listTargets(view, name);
    const offered = mapsTo.flatMap((target) => byName.get(target) ?? []);
    const [first] = offered;
    if (!first) return [];
    const live = offered.filter(({ isRetired }) => !isRetired);
    return {
      ...first,
      name,
      isRetired: live.length === 0,
      connections: live.reduce((sum, { connections }) => sum + connections, 0),
      mapsTo,
      isRestricted: false,
    };
  });
}

function listTargets({ book, searchSpaceId }: View, name: string): string[] {
  const { stops } = book.resolve(searchSpaceId, name);
  return [...new Set(stops.filter(({ fault }) => fault === null).map(({ model }) => model))];
}

function isUsable({ isEnabled, expiresAt }: Connection, now: Date): boolean {
  return isEnabled && (expiresAt === null || expiresAt > now);
}
