import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { findLoop } from './domain/find-loop.js';
import { RouteBook } from './domain/route-book.js';
import { type Route, ROUTES_MAX, type RouteTarget } from './domain/route.js';
import { RoutesRepository } from './domain/routes.repository.port.js';
import { isWildcard } from './domain/wildcard-name.js';
import { RoutingState } from './routing-state.js';

export type NewRoute = Omit<Route, 'id' | 'createdBy' | 'createdAt' | 'updatedAt'>;
export type RouteChanges = Partial<
  Pick<Route, 'targets' | 'enableFallback' | 'isRestricting' | 'note'>
>;

/** The public names that operators give. */
@Injectable()
export class RoutesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly state: RoutingState,
    private readonly directory: ConnectionsDirectory,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `request.invalid` naming a candidate that leads nowhere or back, or a space that is none;
   * `request.conflict` for a name that is taken, or too many routes
   */
  async create(caller: Caller, input: NewRoute): Promise<Route> {
    const now = this.clock.now();
    const made = { id: newId(), createdBy: caller.userId, createdAt: now, updatedAt: now };
    const route: Route = { ...input, ...made };
    await this.assertTargets(route);
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RoutesRepository);
      const others = await repository.lock();
      if (others.length >= ROUTES_MAX) {
        throw new DomainError(
          'request.conflict',
          `There may be ${ROUTES_MAX} routes. Delete one first.`,
        );
      }
      assertNoLoop([...others, route], route);
      await repository.add(route);
      await record(scope, 'route.created', { after: route });
      return route;
    });
  }

  /** Newest first, one more than the page asks for; of one space where it is named. */
  async list(page: PageRequest, searchSpaceId: string | null): Promise<Route[]> {
    const { routes } = await this.state.current();
    return routes
      .filter((route) => searchSpaceId === null || route.searchSpaceId === searchSpaceId)
      .filter(({ id }) => page.after === null || id < page.after)
      .toSorted((left, right) => (left.id < right.id ? 1 : -1))
      .slice(0, page.limit + 1);
  }

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<Route> {
    const { routes } = await this.state.current();
    return pick(routes, id);
  }

  /** @throws DomainError `request.not_found`; as `create` */
  async change(id: string, changes: RouteChanges): Promise<Route> {
    // Before the transaction: what it asks for may need a connection to the database of its own.
    await this.assertTargets({ ...(await this.get(id)), ...changes });
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RoutesRepository);
      const routes = await repository.lock();
      const before = pick(routes, id);
      const after = { ...before, ...changes, updatedAt: this.clock.now() };
      assertNoLoop(
        routes.map((route) => (route.id === id ? after : route)),
        after,
      );
      await repository.update(after);
      await record(scope, 'route.changed', { before, after });
      return after;
    });
  }

  /** @throws DomainError `request.not_found` */
  async remove(id: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RoutesRepository);
      const before = pick(await repository.lock(), id);
      await repository.remove(id);
      await record(scope, 'route.deleted', { before });
    });
  }

  private async assertTargets({ name, searchSpaceId, targets }: NewRoute): Promise<void> {
    for (const [index, target] of targets.entries()) {
      const field = `candidates[${index}]`;
      if (/\$1|\*/.test(target.model) && !isWildcard(name)) {
        const message = "holds $1 or *, and the route's name no * that it could stand for";
        throw DomainError.invalid(`${field}.model`, message);
      }
      const isRepeated = targets.slice(0, index).some((other) => isSame(other, target));
      if (isRepeated) throw DomainError.invalid(field, 'is in the list twice');
      const { connectionId } = target;
      const connection = connectionId === null ? null : await this.directory.find(connectionId);
      if (connectionId === null || connection?.scope === 'global') continue;
      // Another space's own connection is not even told to exist.
      if (connection?.scope === 'space' && connection.searchSpaceId === searchSpaceId) continue;
      const message = "must be a connection of the house, or of the route's space";
      throw DomainError.invalid(`${field}.connection_id`, message);
    }
  }
}

function isSame(left: RouteTarget, right: RouteTarget): boolean {
  return left.model === right.model && left.connectionId === right.connectionId;
}

function pick(routes: readonly Route[], id: string): Route {
  const route = isId(id) ? routes.find((one) => one.id === id.toLowerCase()) : undefined;
  if (!route) throw DomainError.notFound('route');
  return route;
}

/** In every space in which the route counts. */
function assertNoLoop(routes: readonly Route[], route: Route): void {
  const book = new RouteBook(routes);
  const spaces =
    route.searchSpaceId === null ? [null, ...book.listSpaceIds()] : [route.searchSpaceId];
  for (const searchSpaceId of spaces) {
    const path = findLoop(book, searchSpaceId, route);
    if (!path) continue;
    throw DomainError.invalid(
      'candidates',
      `must not lead back or through more names than allowed: ${path.join(' → ')}`,
    );
  }
}

async function record(
  scope: WorkScope,
  action: string,
  { before = null, after = null }: { before?: Route | null; after?: Route | null },
): Promise<void> {
  const route = after ?? before;
  await scope.get(AuditTrail).record({
    action,
    target: { type: 'route', id: route?.id ?? null },
    searchSpaceId: route?.searchSpaceId ?? null,
    before: before && toState(before),
    after: after && toState(after),
  });
  await scope.get(CacheEpochMark).bump();
}

function toState({ name, targets, enableFallback, isRestricting, note }: Route) {
  return {
    name,
    candidates: targets.map(({ model, connectionId, weight, order }) => ({
      model,
      connection_id: connectionId,
      weight,
      order,
    })),
    enable_fallback: enableFallback,
    restrict: isRestricting,
    note,
  };
}
