/** What is sent to the routes of queued generations and their dead letters. */
import { newId } from '../../../../src/common/ids.js';
import { Sql } from '../../../../src/persistence/sql.port.js';
import type { AccessPart, PartStage } from '../parts.js';

const INSERT = `
  INSERT INTO dead_letters (id, generation_id, search_space_id, error_code, error_message, attempts,
    may_have_been_sent)
  VALUES ($1, $2, $3, 'generations.interrupted', 'The service stopped.', 1, false)
  ON CONFLICT (generation_id) DO UPDATE SET error_code = excluded.error_code RETURNING id`;

/** No route makes one: the service does, when it fails. */
async function createDeadLetter({ atelier, space, generation }: PartStage): Promise<string> {
  const sql = atelier.app.get(Sql, { strict: false });
  const [row] = await sql.query<{ id: string }>('test_dead_letter', INSERT, [
    newId(),
    generation,
    space,
  ]);
  return row!.id;
}

export const jobsPart: AccessPart<'deadLetter'> = {
  requests: {
    // A retry takes it away, as a dismissal does: each is sent to a letter of its own making.
    'POST /api/v1/ops/dead-letters/{id}/retry': {
      prepare: async ({ atelier, ids: { space, generation } }) => ({
        deadLetter: await createDeadLetter({ atelier, space, generation } as PartStage),
      }),
    },
    'DELETE /api/v1/ops/dead-letters/{id}': {
      prepare: async ({ atelier, ids: { space, generation } }) => ({
        deadLetter: await createDeadLetter({ atelier, space, generation } as PartStage),
      }),
    },
  },
  byPath: [['/api/v1/ops/dead-letters/', 'deadLetter']],
  create: async (stage) => ({ deadLetter: await createDeadLetter(stage) }),
  createRandom: () => ({ deadLetter: newId() }),
};
