import type { Declaration } from './consent.js';

/** Changes inside the caller's transaction: port for `scope.get(ConsentsRepository)`. */
export abstract class ConsentsRepository {
  /** Marks the record. False = it was withdrawn before. */
  abstract withdraw(id: string, by: string, at: Date): Promise<boolean>;

  /** The declaration as it stands, locked until the transaction ends. */
  abstract lockDeclaration(searchSpaceId: string): Promise<Declaration | null>;

  /** In place of the one before, if any. */
  abstract declare(declaration: Declaration): Promise<void>;

  abstract revoke(searchSpaceId: string): Promise<void>;
}
