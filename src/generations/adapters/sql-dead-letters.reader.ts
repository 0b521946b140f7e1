import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { DeadLetter } from '../domain/dead-letter.js';
import { DeadLettersReader } from '../domain/dead-letters.repository.port.js';

const COLUMNS = `id, generation_id, search_space_id, error_code, error_message, attempts,
  may_have_been_sent, created_at`;

const LIST = `
SELECT ${COLUMNS} FROM dead_letters WHERE ($1::uuid IS NULL OR id < $1)
ORDER BY id DESC LIMIT $2`;

const LIST_OF_SPACE = `
SELECT ${COLUMNS} FROM dead_letters
WHERE search_space_id = $3 AND ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`;

const TRIM = `
DELETE FROM dead_letters WHERE id IN (
  SELECT id FROM dead_letters ORDER BY id DESC OFFSET $1 LIMIT 1000)`;

const FIND = `SELECT ${COLUMNS} FROM dead_letters WHERE id = $1`;

interface Row {
  id: string;
  generation_id: string;
  search_space_id: string;
  error_code: string;
  error_message: string;
  attempts: number;
  may_have_been_sent: boolean;
  created_at: Date;
}

@Injectable()
export class SqlDeadLettersReader extends DeadLettersReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(searchSpaceId: string | null, { after, limit }: PageRequest): Promise<DeadLetter[]> {
    const values = [after, limit + 1];
    const rows =
      searchSpaceId === null
        ? await this.sql.query<Row>('dead_letters_list', LIST, values)
        : await this.sql.query<Row>('dead_letters_of_space', LIST_OF_SPACE, [
            ...values,
            searchSpaceId,
          ]);
    return rows.map(toDeadLetter);
  }

  async trim(most: number): Promise<void> {
    await this.sql.query('dead_letters_trim', TRIM, [most]);
  }

  async find(id: string): Promise<DeadLetter | null> {
    const [row] = await this.sql.query<Row>('dead_letters_find', FIND, [id]);
    return row ? toDeadLetter(row) : null;
  }
}

function toDeadLetter(row: Row): DeadLetter {
  return {
    id: row.id,
    generationId: row.generation_id,
    searchSpaceId: row.search_space_id,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    attempts: row.attempts,
    mayHaveBeenSent: row.may_have_been_sent,
    createdAt: new Date(row.created_at),
  };
}
