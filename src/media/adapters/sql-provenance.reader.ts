import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { NO_CHOICE, type ProvenanceChoice, ProvenanceReader } from '../domain/space-provenance.js';

@Injectable()
export class SqlProvenanceReader extends ProvenanceReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findChoice(searchSpaceId: string): Promise<ProvenanceChoice> {
    const [row] = await this.sql.query<{ marks_relayed: boolean; signs_c2pa: boolean }>(
      'media_find_provenance',
      'SELECT marks_relayed, signs_c2pa FROM space_provenance WHERE search_space_id = $1',
      [searchSpaceId],
    );
    return row ? { marksRelayed: row.marks_relayed, signsC2pa: row.signs_c2pa } : NO_CHOICE;
  }

  async findBytes(
    searchSpaceId: string,
    sha256: string,
  ): Promise<{ assetId: string | null } | null> {
    const [row] = await this.sql.query<{ origin_asset_id: string | null }>(
      'media_find_bytes',
      `SELECT origin_asset_id FROM media_blobs
        WHERE search_space_id = $1 AND sha256 = $2 AND refs > 0`,
      [searchSpaceId, sha256],
    );
    return row ? { assetId: row.origin_asset_id } : null;
  }
}
