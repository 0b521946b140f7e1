/** A repository's port: the abstract class that is both its type and its name. */
export type PortToken<P> = abstract new (...parameters: never[]) => P;

/** What one transaction hands out. Dead once the transaction has ended. */
export interface WorkScope {
  /** The port's repository, bound to this transaction. Throws when no module registered the port. */
  get<P>(port: PortToken<P>): P;
  /** Calls back after the commit, before `run` answers; never after a rollback. Must not throw. */
  afterCommit(callback: () => void): void;
}

export interface WorkOptions {
  /** Spaces whose rows the work touches besides those the request has proven: one it makes, one it was invited to. */
  searchSpaceIds?: readonly string[];
}

/** The only way to a repository that writes. Port and injection token. */
export abstract class UnitOfWork {
  /**
   * Runs the work in one transaction and commits it; any throw rolls all of it back and comes out as it was.
   * A deadlock or serialization failure runs the work again, so it must touch nothing but what the scope hands
   * out. Not to be nested, and no vendor is called inside.
   *
   * While a request is served, the database itself holds the work to the spaces its caller has proven a membership
   * of (row-level security): rows of others are not there for it.
   */
  abstract run<T>(work: (scope: WorkScope) => Promise<T>, options?: WorkOptions): Promise<T>;
}
