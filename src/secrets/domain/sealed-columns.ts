/** A column that holds sealed secrets, with the row's id beside it in `id`. */
export interface SealedColumn {
  table: string;
  /** Ends in `_sealed`, by which a test finds columns that are missing here. */
  column: string;
}

/** Every column of the database that holds sealed secrets: what a change of the master key has to go through. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'connections', column: 'api_key_sealed' },
  { table: 'identity_providers', column: 'client_secret_sealed' },
  { table: 'webhook_endpoints', column: 'previous_secret_sealed' },
  { table: 'webhook_endpoints', column: 'secret_sealed' },
];
