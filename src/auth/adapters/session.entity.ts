import { Entity } from 'typeorm';
import { IdColumn, ReferenceColumn, TextColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'sessions' })
export class SessionEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('user_id')
  userId: string;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('last_used_at')
  lastUsedAt: Date;

  @TextColumn('address', { nullable: true })
  address: string | null;

  @TextColumn('user_agent', { nullable: true })
  userAgent: string | null;

  @TimeColumn('expires_at')
  expiresAt: Date;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;
}
