import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Consent, Declaration } from '../domain/consent.js';
import { ConsentsReader } from '../domain/consents.reader.port.js';
import {
  CONSENT_COLUMNS,
  type ConsentRow,
  DECLARATION_COLUMNS,
  type DeclarationRow,
  toConsent,
  toDeclaration,
} from './consent-row.js';

@Injectable()
export class SqlConsentsReader extends ConsentsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string): Promise<Consent | null> {
    const [row] = await this.sql.query<ConsentRow>(
      'try_on_consents_find',
      `SELECT ${CONSENT_COLUMNS} FROM try_on_consents WHERE id = $1`,
      [id],
    );
    return row ? toConsent(row) : null;
  }

  async findOfGeneration(generationId: string): Promise<Consent | null> {
    const [row] = await this.sql.query<ConsentRow>(
      'try_on_consents_find_of_generation',
      `SELECT ${CONSENT_COLUMNS} FROM try_on_consents WHERE generation_id = $1`,
      [generationId],
    );
    return row ? toConsent(row) : null;
  }

  async listOfSpace(searchSpaceId: string, { limit, after }: PageRequest): Promise<Consent[]> {
    const rows = await this.sql.query<ConsentRow>(
      'try_on_consents_list',
      `SELECT ${CONSENT_COLUMNS} FROM try_on_consents
       WHERE search_space_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toConsent);
  }

  async findDeclaration(searchSpaceId: string): Promise<Declaration | null> {
    const [row] = await this.sql.query<DeclarationRow>(
      'try_on_declarations_find',
      `SELECT ${DECLARATION_COLUMNS} FROM try_on_declarations WHERE search_space_id = $1`,
      [searchSpaceId],
    );
    return row ? toDeclaration(row) : null;
  }

  async removeOfSpace(searchSpaceId: string, limit: number): Promise<number> {
    await this.sql.query(
      'try_on_declarations_remove',
      'DELETE FROM try_on_declarations WHERE search_space_id = $1 RETURNING search_space_id',
      [searchSpaceId],
    );
    const rows = await this.sql.query(
      'try_on_consents_remove',
      `DELETE FROM try_on_consents WHERE id IN (
         SELECT id FROM try_on_consents WHERE search_space_id = $1 LIMIT $2) RETURNING id`,
      [searchSpaceId, limit],
    );
    return rows.length;
  }
}
