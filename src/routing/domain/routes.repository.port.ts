import type { Route } from './route.js';

/** Routes, inside a unit of work. */
export abstract class RoutesRepository {
  /** Lets changes of routes wait for one another; answers all there are. */
  abstract lock(): Promise<Route[]>;

  /** @throws DomainError `request.invalid` naming a space that is none, `request.conflict` for a name that is taken */
  abstract add(route: Route): Promise<void>;

  abstract update(route: Route): Promise<void>;

  abstract remove(id: string): Promise<void>;
}
