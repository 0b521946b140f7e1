import type { EntityManager } from 'typeorm';
import {
  NO_CHOICE,
  type ProvenanceChoice,
  SpaceProvenanceRepository,
} from '../domain/space-provenance.js';

interface ChoiceRow {
  marks_relayed: boolean;
  signs_c2pa: boolean;
}

export class TypeormSpaceProvenanceRepository extends SpaceProvenanceRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async find(searchSpaceId: string): Promise<ProvenanceChoice> {
    const [row] = await this.manager.query<ChoiceRow[]>(
      'SELECT marks_relayed, signs_c2pa FROM space_provenance WHERE search_space_id = $1 FOR UPDATE',
      [searchSpaceId],
    );
    return row ? { marksRelayed: row.marks_relayed, signsC2pa: row.signs_c2pa } : NO_CHOICE;
  }

  async save(searchSpaceId: string, choice: ProvenanceChoice, now: Date): Promise<void> {
    await this.manager.query(
      `INSERT INTO space_provenance (search_space_id, marks_relayed, signs_c2pa, updated_at)
       VALUES ($1, $2, $3, $4)
       ON CONFLICT (search_space_id) DO UPDATE SET marks_relayed = excluded.marks_relayed,
         signs_c2pa = excluded.signs_c2pa, updated_at = excluded.updated_at`,
      [searchSpaceId, choice.marksRelayed, choice.signsC2pa, now],
    );
  }
}
