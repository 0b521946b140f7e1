import { Entity } from 'typeorm';
import {
  BytesColumn,
  IdColumn,
  IntegerColumn,
  ReferenceColumn,
  TextColumn,
  TimeColumn,
} from '../../persistence/columns.js';

@Entity({ name: 'invites' })
export class InviteEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @BytesColumn('code_hash')
  codeHash: Buffer;

  @TextColumn('code_prefix')
  codePrefix: string;

  @TextColumn('name')
  name: string;

  @ReferenceColumn('role_id', { nullable: true })
  roleId: string | null;

  @ReferenceColumn('created_by')
  createdBy: string;

  @IntegerColumn('max_uses', { nullable: true })
  maxUses: number | null;

  @IntegerColumn('uses_count')
  usesCount: number;

  @TimeColumn('expires_at', { nullable: true })
  expiresAt: Date | null;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;

  @TimeColumn('created_at')
  createdAt: Date;
}
