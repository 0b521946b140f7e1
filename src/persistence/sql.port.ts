/**
 * Named prepared statements on the connection pool, each its own transaction: for hot paths, inside adapters.
 * Port and injection token. Inside a unit of work use the transaction's EntityManager instead.
 */
export abstract class Sql {
  /**
   * @param name the statement's name, at most 48 characters, one per text for ever: `billing_admit`.
   * @param text one statement. Name its columns; `select *` breaks when a migration adds one.
   * @param values `$1`, `$2`…; a list becomes a Postgres array, so a list meant as `jsonb` is passed as JSON text.
   * @throws pg's DatabaseError with `code` and `constraint` (see sql-error.ts).
   */
  abstract query<R extends object>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]>;
}
