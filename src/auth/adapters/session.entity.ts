import { Entity } from 'typeorm';
import { IdColumn, ReferenceColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'sessions' })
export class SessionEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('user_id')
  userId: string;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('expires_at')
  expiresAt: Date;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;
}
