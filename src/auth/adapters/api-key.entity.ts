import { Entity } from 'typeorm';
import type { Scope } from '../../common/permission.js';
import {
  BytesColumn,
  IdColumn,
  ReferenceColumn,
  TextColumn,
  TextListColumn,
  TimeColumn,
} from '../../persistence/columns.js';

@Entity({ name: 'api_keys' })
export class ApiKeyEntity {
  @IdColumn()
  id: string;

  @TextColumn('lookup_id')
  lookupId: string;

  @BytesColumn('key_hash')
  keyHash: Buffer;

  @TextColumn('name')
  name: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @ReferenceColumn('user_id')
  userId: string;

  @TextListColumn('scopes')
  scopes: Scope[];

  @TimeColumn('expires_at', { nullable: true })
  expiresAt: Date | null;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;

  @TimeColumn('last_used_at', { nullable: true })
  lastUsedAt: Date | null;

  @TimeColumn('created_at')
  createdAt: Date;
}
