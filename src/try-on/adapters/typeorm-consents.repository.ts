import type { EntityManager } from 'typeorm';
import type { Declaration } from '../domain/consent.js';
import { ConsentsRepository } from '../domain/consents.repository.port.js';
import { DECLARATION_COLUMNS, type DeclarationRow, toDeclaration } from './consent-row.js';

const WITHDRAW = `
  UPDATE try_on_consents SET withdrawn_at = $3, withdrawn_by = $2
  WHERE id = $1 AND withdrawn_at IS NULL RETURNING id`;

const LOCK = `
  SELECT ${DECLARATION_COLUMNS} FROM try_on_declarations WHERE search_space_id = $1 FOR UPDATE`;

const DECLARE = `
  INSERT INTO try_on_declarations (${DECLARATION_COLUMNS}) VALUES ($1, $2, $3, $4)
  ON CONFLICT (search_space_id) DO UPDATE SET text_version = EXCLUDED.text_version,
    declared_by = EXCLUDED.declared_by, declared_at = EXCLUDED.declared_at`;

export class TypeormConsentsRepository extends ConsentsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async withdraw(id: string, by: string, at: Date): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(WITHDRAW, [id, by, at]);
    return rows.length > 0;
  }

  async lockDeclaration(searchSpaceId: string): Promise<Declaration | null> {
    const [row] = await this.manager.query<DeclarationRow[]>(LOCK, [searchSpaceId]);
    return row ? toDeclaration(row) : null;
  }

  async declare({
    searchSpaceId,
    textVersion,
    declaredBy,
    declaredAt,
  }: Declaration): Promise<void> {
    await this.manager.query(DECLARE, [searchSpaceId, textVersion, declaredBy, declaredAt]);
  }

  async revoke(searchSpaceId: string): Promise<void> {
    await this.manager.query('DELETE FROM try_on_declarations WHERE search_space_id = $1', [
      searchSpaceId,
    ]);
  }
}
