import { Entity, PrimaryColumn } from 'typeorm';
import { BytesColumn, ReferenceColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'api_key_secrets' })
export class ApiKeySecretEntity {
  @PrimaryColumn({ name: 'lookup_id', type: 'text' })
  lookupId: string;

  @ReferenceColumn('api_key_id')
  apiKeyId: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @BytesColumn('key_hash')
  keyHash: Buffer;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('expires_at', { nullable: true })
  expiresAt: Date | null;
}
